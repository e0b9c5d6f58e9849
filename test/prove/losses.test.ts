// A loss is told with the reload that it fell into.
import { expect, test } from "bun:test";
import { firstLosses, lossLine } from "../../src/prove/losses.ts";
import { modeResult, reload } from "./evidence.ts";

const RELOADS = [
  reload({ number: 1, beganMs: 1000, endedMs: 2000 }),
  reload({ number: 2, beganMs: 2200, endedMs: 2250, version: "does not parse" }),
];

const lossAt = (atMs: number) =>
  ({ atMs, kind: "reset", words: "connection reset before the answer" }) as const;

test.each([
  [999, undefined, "before the first reload"],
  [1000, 1, "0.0ms after reload 1 began"],
  [1014, 1, "14ms after reload 1 began"],
  [2000, 1, "1.0s after reload 1 began"],
  [2110, 1, "110ms after reload 1 had ended"],
  [2230, 2, "30ms after reload 2 (does not parse) began"],
  [9000, 2, "6.8s after reload 2 (does not parse) had ended"],
])("at %d ms: in reload %p, %s", (atMs, number, when) => {
  const [loss] = firstLosses([modeResult({ firstLosses: [lossAt(atMs)] })], RELOADS, 1);
  expect(loss).toMatchObject({ reload: number, when });
});

test("the first ones of all modes are told in the order of their times", () => {
  const modes = [
    modeResult({ mode: "connection", firstLosses: [lossAt(1500), lossAt(2310)] }),
    modeResult({ mode: "sse", firstLosses: [lossAt(1200)] }),
  ];
  expect(firstLosses(modes, RELOADS, 2).map(lossLine)).toEqual([
    "1.20 s, 200ms after reload 1 began, sse: connection reset before the answer",
    "1.50 s, 500ms after reload 1 began, connection: connection reset before the answer",
  ]);
});

test("what the system calls a loss is told in words", () => {
  const note = { ...lossAt(1500), words: "ECONNRESET after 0 bytes of the reply" };
  const [loss] = firstLosses([modeResult({ firstLosses: [note] })], RELOADS, 1);
  expect(loss?.words).toBe("connection reset after 0 bytes of the reply");
});
