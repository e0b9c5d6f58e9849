// What the kernel says of processes: of one that runs, one that waits, and one that is gone.
import { expect, test } from "bun:test";
import { doingOf } from "../../src/os/doing.ts";
import { until } from "../helpers/until.ts";

async function run(program: string, check: (pid: number) => Promise<void>): Promise<void> {
  const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", 1, 2] });
  try {
    await check(child.pid);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

test("one that runs uses time, and can be told from one that only could run", () =>
  run("for (;;);", async (pid) => {
    await until("it runs", () => doingOf(pid)?.isRunnable === true);
    const before = doingOf(pid)?.ranNs ?? NaN;
    await until("it has run", () => (doingOf(pid)?.ranNs ?? 0) > before);
    expect(doingOf(pid)?.words).toContain("it runs without a pause");
  }));

test("one that waits uses none", () =>
  run("Bun.sleepSync(60_000)", async (pid) => {
    await until("it waits", () => doingOf(pid)?.words?.startsWith("it waits for") === true);
    expect(doingOf(pid)?.isRunnable).toBe(false);
  }));

test("one that was stopped is told", () =>
  run("for (;;);", async (pid) => {
    process.kill(pid, "SIGSTOP");
    await until("it is stopped", () => doingOf(pid)?.words === "it was stopped by a signal");
  }));

test("of one that is gone nothing is known", () => {
  expect(doingOf(2 ** 22 + 1)).toBeUndefined();
});
