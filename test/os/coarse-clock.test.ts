// The clock of the request path beside the exact one.
import { expect, test } from "bun:test";
import { coarseMs } from "../../src/os/coarse-clock.ts";

/** A tick of the slowest kernels, and what a busy machine adds. */
const MOST_BEHIND_MS = 40;

/** Both clocks at one moment, or nearly so: a busy machine may stop a process between two lines. */
function both(): { readonly coarse: number; readonly exact: number } {
  for (;;) {
    const before = performance.now();
    const coarse = coarseMs();
    const exact = performance.now();
    if (exact - before < 1) return { coarse, exact };
  }
}

test("the coarse clock goes as the exact one does, some milliseconds behind", async () => {
  const from = both();
  await Bun.sleep(60);
  const to = both();
  const difference = to.coarse - from.coarse - (to.exact - from.exact);
  expect(Math.abs(difference)).toBeLessThan(MOST_BEHIND_MS);
});

test("it never goes back", () => {
  let before = coarseMs();
  for (let call = 0; call < 100_000; call += 1) {
    const now = coarseMs();
    if (now < before) throw new Error(`${now} after ${before}`);
    before = now;
  }
});
