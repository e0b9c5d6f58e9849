// The clock of the request path beside the exact one.
import { expect, test } from "bun:test";
import { coarseMs } from "../../src/os/coarse-clock.ts";

/** A tick of the slowest kernels, and what a busy machine adds. */
const MOST_BEHIND_MS = 40;

test("the coarse clock goes as the exact one does, some milliseconds behind", async () => {
  const [coarse, exact] = [coarseMs(), performance.now()];
  await Bun.sleep(60);
  const passed = { coarse: coarseMs() - coarse, exact: performance.now() - exact };
  expect(Math.abs(passed.coarse - passed.exact)).toBeLessThan(MOST_BEHIND_MS);
});

test("it never goes back", () => {
  let before = coarseMs();
  for (let call = 0; call < 100_000; call += 1) {
    const now = coarseMs();
    if (now < before) throw new Error(`${now} after ${before}`);
    before = now;
  }
});
