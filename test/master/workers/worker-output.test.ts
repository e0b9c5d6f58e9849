// The output of a process, read by the master, which has more to do than that.
import { expect, test } from "bun:test";
import { WorkerOutput } from "../../../src/master/workers/worker-output.ts";

test("a process that prints without end leaves timers their turn", async () => {
  let lines = 0;
  // Slower than the process prints, as a log is: there is always more to read.
  const output = new WorkerOutput(async (_, pieces) => {
    lines += pieces.length;
    Bun.sleepSync(5);
  });
  const [stdout, stderr] = output.workersEnds;
  const child = Bun.spawn(["yes"], { stdio: ["ignore", stdout, stderr] });
  output.closeWorkersEnds();
  // Of the machine's own, in case that no timer of this process is ever due.
  const last = Bun.spawn(["sh", "-c", `sleep 5; kill -9 ${child.pid}`]);
  const begunMs = performance.now();
  await Bun.sleep(50);
  const lateMs = performance.now() - begunMs;
  child.kill("SIGKILL");
  last.kill("SIGKILL");
  await child.exited;
  await output.untilSilent(1000);
  expect(lines).toBeGreaterThan(0);
  expect(lateMs).toBeLessThan(2500);
});
