// What a person reads of a proof.
import { expect, test } from "bun:test";
import { linesOf, rowOf } from "../../src/prove/report-lines.ts";
import { evidence, modeResult, NONE_LOST, reload } from "./evidence.ts";

test("a row has the losses by kind, and no time where there was no answer", () => {
  expect(rowOf(modeResult())).toEqual(["connection", "1200", "0", "0.4ms", "12ms", "31ms", ""]);
  const lost = { ...NONE_LOST, refused: 2, cut: 1 };
  const row = rowOf(modeResult({ lost, p50Ms: Number.NaN, p99Ms: Number.NaN, longestGapMs: 2100 }));
  expect(row).toEqual(["connection", "1200", "3", "-", "-", "2.1s", "2 refused, 1 cut"]);
});

test("below the table: how clients were told to come again, which is no loss", () => {
  const sentAway = { "closed with 1012": 1043, "closed with 1001": 2 };
  const [line] = linesOf(evidence({ modes: [modeResult({ mode: "websocket", sentAway })] }));
  expect(line).toBe(
    "websocket: came again, no loss: closed with 1012 (1,043), closed with 1001 (2)",
  );
});

test("below the table: what was not run, reloads with medians, connections, losses", () => {
  const words = "connection reset before the answer";
  const lines = linesOf(
    evidence({
      modes: [modeResult({ firstLosses: [{ atMs: 1014, kind: "reset", words }] })],
      notRun: [{ mode: "sse", why: "/ is no event stream; --sse PATH", wasAskedFor: false }],
      doubts: ["/ answers GET with 401, which so counts as right"],
      untried: ["never finishes loading (30 s)"],
      reloads: [
        reload(),
        reload({ number: 2, beganMs: 2100, readyMs: 60, drainMs: 1040 }),
        reload({ number: 3, version: "does not parse", outcome: "rejected", beganMs: 3000 }),
      ],
    }),
  );
  expect(lines).toEqual([
    "sse: not run: / is no event stream; --sse PATH",
    "note: / answers GET with 401, which so counts as right",
    "not tried: never finishes loading (30 s)",
    "",
    "reloads: 2 done, 0 rejected; medians: new after 50ms, old gone 1.0s later",
    "bad versions: 1 rejected, 0 accepted (does not parse)",
    "load: 400 new connections a second for 3.0 s, seed 7",
    "",
    "the first losses:",
    `  1.01 s, 14ms after reload 1 began, connection: ${words}`,
  ]);
});

test("a server that does not say when its new version serves has no times", () => {
  const lines = linesOf(
    evidence({ reloads: [reload({ readyMs: undefined, drainMs: undefined })] }),
  );
  expect(lines).toContain("reloads: 1 done, 0 rejected");
});

test("below the table: a rejection of many lines is told whole", () => {
  const reason = "the app could not be loaded\n  at app.ts:1";
  const lines = linesOf(evidence({ reloads: [reload({ outcome: "rejected", reason })] }));
  expect(lines).toContain("    at app.ts:1");
});
