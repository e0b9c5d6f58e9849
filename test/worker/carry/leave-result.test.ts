// How the log tells what has become of WebSockets that were to leave.
import { expect, test } from "bun:test";
import { LeaveResult } from "../../../src/worker/carry/leave-result.ts";

test("where there was none, nothing is told", () => {
  expect(new LeaveResult().words).toBeUndefined();
});

test("those that have moved are no reason for a warning, nor those that never can", () => {
  const it = new LeaveResult();
  it.carried = 3;
  expect(it.words).toBe("3 WebSocket(s) moved to other workers");
  it.noteUnfit("compressed", 2);
  it.noteUnfit("on a Unix socket", 0);
  expect(it.words).toBe("3 WebSocket(s) moved to other workers; 2 closed: compressed");
  expect(it.isShort).toBe(false);
});

test("each reason is told with its count, and each of the other worker's", () => {
  const it = new LeaveResult();
  it.noteClosed("late");
  it.noteClosed("busy", "in the middle of a message");
  it.noteClosed("busy", "in the middle of a message");
  for (const why of ["it answered 403", "it answered 404", "it answered 404"]) {
    it.noteRefusal(why);
    it.noteClosed("refused");
  }
  expect(it.words).toBe(
    "0 WebSocket(s) moved to other workers; 6 closed: 1 when the time of the drain was nearly up, " +
      "2 in the middle of a message, " +
      "3 not upgraded there (2: it answered 404; 1: it answered 403)",
  );
  expect(it.isShort).toBe(true);
  expect(it.fields).toEqual({ carried: 0, closed: 6 });
});
