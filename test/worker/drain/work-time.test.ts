// How much time work takes that is done in several turns of the event loop.
import { expect, test } from "bun:test";
import { WorkTime } from "../../../src/worker/drain/work-time.ts";

function work(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

test("what others do in the pauses is none of it", async () => {
  const time = new WorkTime();
  work(5);
  setImmediate(() => work(60));
  await time.pause();
  work(5);
  expect(time.tookMs).toBeGreaterThanOrEqual(10);
  expect(time.tookMs).toBeLessThan(55);
});
