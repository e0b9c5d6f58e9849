// Which processes end with the one that has started them.
import { afterEach, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { childrenOf, endChildren } from "../../src/os/children.ts";

const started: number[] = [];
afterEach(() => started.splice(0).forEach((pid) => void process.kill(pid, "SIGKILL")));

function start(name: string, args: string[], detached = false): number {
  const { pid = 0 } = spawn(name, args, { stdio: "ignore", detached });
  started.push(pid);
  return pid;
}

test("they are its children, but not a detached one; each gets TERM, and is named", async () => {
  const [own, detached] = [start("sleep", ["1000"]), start("sleep", ["1000"], true)];
  const pids = childrenOf(process.pid).map(({ pid }) => pid);
  expect(pids).toContain(own);
  expect(pids).not.toContain(detached);
  const child = Bun.spawn(["sleep", "1000"]);
  const found = childrenOf(process.pid).filter(({ pid }) => pid === child.pid);
  expect(endChildren(found)).toEndWith(`left running: ${child.pid} (sleep)`);
  await child.exited;
  expect(child.signalCode).toBe("SIGTERM");
  expect(childrenOf(process.pid).map(({ pid }) => pid)).not.toContain(child.pid);
});

test("a process without any, or that is gone, has none, and nothing is told", () => {
  expect(childrenOf(start("sleep", ["1000"]))).toEqual([]);
  expect(childrenOf(2 ** 22 + 1)).toEqual([]);
  expect(endChildren([])).toBeUndefined();
});
