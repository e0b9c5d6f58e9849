// What `pounce prove` shows while it runs; it fits a terminal of 80 columns.
import { expect, test } from "bun:test";
import { progressLine, reloadedLine } from "../../../src/cli/prove/progress.ts";
import { evidence, modeResult, NONE_LOST, reload } from "../../prove/evidence.ts";

const modes = [modeResult({ requests: 123_456, lost: { ...NONE_LOST, cut: 7 } })];
const load = { result: { seed: evidence().seed, modes } };
const PROGRESS = { elapsedMs: 12_345, reload: 10, reloads: 10, load };

test("the line of a terminal: reload, requests, losses, connections, seconds", () => {
  const line = progressLine(PROGRESS);
  expect(line).toBe("reload 10 of 10, 123,456 requests, 7 lost, 10,000 new connections/s, 12.3 s");
  expect(line.length).toBeLessThan(80);
});

test.each([
  [{ readyMs: 198, drainMs: 1240 }, "new after 198ms, old gone 1.2s later"],
  [{ readyMs: undefined, drainMs: undefined }, "done"],
  [{ outcome: "rejected", reason: "no memory" }, "rejected: no memory"],
  [{ version: "throws at load", outcome: "rejected" }, "throws at load, and is rejected"],
  [{ version: "throws at load" }, "throws at load, and is ACCEPTED"],
] as const)("a line for a reload that came out as %p", (given, how) => {
  const line = reloadedLine(reload({ number: 10, ...given }), PROGRESS);
  expect(line).toBe(`reload 10 of 10: ${how}; 123,456 requests, 7 lost`);
  expect(line.length).toBeLessThanOrEqual(80);
});
