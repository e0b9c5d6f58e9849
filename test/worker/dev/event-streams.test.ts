// The streams that tell browsers which version serves.
import { expect, test } from "bun:test";
import { EventStreams } from "../../../src/worker/dev/event-streams.ts";

test("a stream says the version, stays open, and ends with all others", async () => {
  const streams = new EventStreams("7.3");
  const readers = [1, 2].map(() => {
    const { body, headers } = streams.answer();
    expect(headers.get("content-type")).toBe("text/event-stream");
    expect(headers.get("connection")).toBe("close");
    return (body as ReadableStream).getReader();
  });
  for (const reader of readers) {
    expect((await reader.read()).value).toBe("retry: 50\ndata: 7.3\n\n");
  }
  expect(streams.size).toBe(2);
  streams.end();
  for (const reader of readers) expect((await reader.read()).done).toBe(true);
  expect(streams.size).toBe(0);
});

test("one that is opened after the end says the version, and ends at once", async () => {
  const streams = new EventStreams("7.3");
  streams.end();
  expect(await streams.answer().text()).toBe("retry: 50\ndata: 7.3\n\n");
  expect(streams.size).toBe(0);
});

test("one whose browser has gone is forgotten", async () => {
  const streams = new EventStreams("7.3");
  await streams.answer().body?.cancel();
  expect(streams.size).toBe(0);
  streams.end();
});
