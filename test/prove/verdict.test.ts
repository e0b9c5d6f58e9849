// The verdict of a proof: nothing is proven by what did not happen.
import { expect, test } from "bun:test";
import type { Evidence } from "../../src/prove/evidence.ts";
import { verdictOf } from "../../src/prove/verdict.ts";
import { evidence, modeResult, NONE_LOST, reload } from "./evidence.ts";

const lossy = modeResult({ lost: { ...NONE_LOST, reset: 3, refused: 1 } });
const silentMode = modeResult({ mode: "silent", requests: 0 });
const allLost = modeResult({ requests: 2, lost: { ...NONE_LOST, timeout: 2 } });
const bad = reload({ number: 2, version: "throws at load" });
const notRun = { mode: "websocket", why: "/ does not upgrade; --websocket PATH" } as const;

test.each<[string, Partial<Evidence>, string]>([
  ["no loss", {}, "Proven: none of 1,200 requests in one mode was lost over 1 reload"],
  [
    "no loss in two modes",
    { modes: [modeResult(), modeResult({ mode: "silent" })], reloads: [reload(), reload()] },
    "Proven: none of 2,400 requests in 2 modes was lost over 2 reloads",
  ],
  [
    "a bad version that was rejected",
    { reloads: [reload(), { ...bad, outcome: "rejected", reason: "no" }] },
    "Proven: none of 1,200 requests in one mode was lost over 2 reloads",
  ],
  [
    "a mode that nobody asked for and that cannot be run",
    { notRun: [{ ...notRun, wasAskedFor: false }] },
    "Proven: none of 1,200 requests in one mode was lost over 1 reload",
  ],
])("%s is a proof", (_, given, sentence) => {
  expect(verdictOf(evidence(given))).toEqual({ ok: true, sentence });
});

test.each<[string, Partial<Evidence>, string]>([
  ["losses", { modes: [lossy] }, "Lost: 4 requests of 1,200 over 1 reload"],
  [
    "a reload that was rejected",
    { reloads: [reload({ outcome: "rejected", reason: "no memory" }), reload()] },
    "Failed: reload 1 was rejected: no memory",
  ],
  [
    "losses of clients that stood still",
    { modes: [modeResult({ lost: { ...NONE_LOST, reset: 1, cut: 2 } })], stalledMs: 3000 },
    "Unproven: 3 requests of 1,200 over 1 reload; the clients themselves stood still for 3.0s, " +
      "which may have lost what was lost",
  ],
  [
    "losses that no client that stands still has",
    { modes: [modeResult({ lost: { ...NONE_LOST, refused: 1 } })], stalledMs: 3000 },
    "Lost: 1 request of 1,200 over 1 reload",
  ],
  [
    "losses and two rejected reloads",
    {
      modes: [lossy],
      reloads: [1, 2].map((number) => reload({ number, outcome: "rejected", reason: "no" })),
    },
    "Lost: 4 requests of 1,200 over 2 reloads; reload 1 was rejected: no; so were 1 more",
  ],
  [
    "a rejection with many lines",
    { reloads: [reload({ outcome: "rejected", reason: "app.ts: an error\n  at app.ts:1" })] },
    "Failed: reload 1 was rejected: app.ts: an error",
  ],
  [
    "a bad version that was accepted",
    { reloads: [reload(), bad] },
    "Failed: reload 2 accepted a version that throws at load",
  ],
  [
    "a server that died",
    { died: "it ended with exit code 1" },
    "Failed: the server died: it ended with exit code 1",
  ],
  [
    "a stop that went wrong",
    { stopProblem: "its stop ended with SIGKILL" },
    "Failed: its stop ended with SIGKILL",
  ],
  [
    "two modes without a request",
    { modes: [silentMode, modeResult({ mode: "sse", requests: 0 })] },
    "Unproven: no answer came in the modes silent, sse",
  ],
  [
    "a path that is not proven",
    { unproven: ["/b is asked by no client"] },
    "Unproven: /b is asked by no client",
  ],
  ["no mode at all", { modes: [], reloads: [] }, "Unproven: no mode could be run"],
  [
    "a mode without a request",
    { modes: [modeResult(), silentMode] },
    "Unproven: no answer came in the mode silent",
  ],
  [
    "a mode in which all was lost",
    { modes: [allLost] },
    "Lost: 2 requests of 2 over 1 reload; no answer came in the mode connection",
  ],
  [
    "a mode that was asked for and cannot be run",
    { notRun: [{ ...notRun, wasAskedFor: true }] },
    "Unproven: the mode websocket could not be run: / does not upgrade; --websocket PATH",
  ],
  [
    "a load that ended too early",
    { loadProblem: "the load ended too early" },
    "Unproven: the load ended too early",
  ],
  ["no reload", { reloads: [] }, "Unproven: there was no reload"],
])("%s: no proof", (_, given, sentence) => {
  expect(verdictOf(evidence(given))).toEqual({ ok: false, sentence });
});
