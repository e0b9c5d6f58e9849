// Which processes end with the one that has started them.
import { afterEach, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { type Child, descendantsOf, endChildren } from "../../src/os/children.ts";

const started: number[] = [];
afterEach(() => started.splice(0).forEach((pid) => void process.kill(pid, "SIGKILL")));

function start(name: string, args: string[], detached = false): number {
  const { pid = 0 } = spawn(name, args, { stdio: "ignore", detached });
  started.push(pid);
  return pid;
}

test("they are its children, but not a detached one; each gets TERM, and is named", async () => {
  const [own, detached] = [start("sleep", ["1000"]), start("sleep", ["1000"], true)];
  const pids = descendantsOf(process.pid).map(({ pid }) => pid);
  expect(pids).toContain(own);
  expect(pids).not.toContain(detached);
  const child = Bun.spawn(["sleep", "1000"]);
  const found = descendantsOf(process.pid).filter(({ pid }) => pid === child.pid);
  expect(endChildren(found)).toEndWith(`left running: ${child.pid} (sleep)`);
  await child.exited;
  expect(child.signalCode).toBe("SIGTERM");
  expect(descendantsOf(process.pid).map(({ pid }) => pid)).not.toContain(child.pid);
});

test("the child of a shell is one of them, as a shell ends without it", async () => {
  const shell = Bun.spawn(["sh", "-c", "sleep 1000; true"]);
  started.push(shell.pid);
  const found = (): Child[] => descendantsOf(shell.pid);
  while (found()[0]?.name !== "sleep") await Bun.sleep(1);
  const [sleep] = found();
  started.push(sleep?.pid ?? 0);
  expect(descendantsOf(process.pid)).toContainEqual(sleep as Child);
});

test("a process without any, or that is gone, has none, and nothing is told", () => {
  expect(descendantsOf(start("sleep", ["1000"]))).toEqual([]);
  expect(descendantsOf(2 ** 22 + 1)).toEqual([]);
  expect(endChildren([])).toBeUndefined();
});
