// A process that was started before its worker: when it is taken, and what becomes of it else.
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { realPages } from "../../../src/master/real/pages.ts";
import { ProcessAhead } from "../../../src/master/workers/ahead.ts";
import type { StartedProcess } from "../../../src/master/workers/start-process.ts";

const START = {
  executable: "/bin/sleep",
  args: ["600"],
  env: { A: "1", UNSET: undefined },
  cwd: "/",
  stdout: 2,
  output: undefined,
};

const taken: StartedProcess[] = [];

afterEach(() => {
  for (const { subprocess } of taken.splice(0)) subprocess.kill("SIGKILL");
});

/** With a process that waits, and the number of its page. */
function begun(): { ahead: ProcessAhead; page: number; pid: number } {
  const ahead = new ProcessAhead(realPages);
  ahead.begin(START);
  const { start, process } = ahead.waiting ?? {};
  return { ahead, page: start?.page ?? -1, pid: process?.subprocess.pid ?? 0 };
}

function take(ahead: ProcessAhead, changes: object, page = ahead.takePage()) {
  const found = ahead.take({ ...START, ...changes, page });
  if (found !== undefined) taken.push(found);
  return found;
}

/** Resolves when the process has ended. */
async function untilGone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await Bun.sleep(1);
}

describe("a process that waits for its worker", () => {
  test("is that of the worker that should be started just so", () => {
    const { ahead, pid } = begun();
    expect(take(ahead, { env: { A: "1" } })?.subprocess.pid).toBe(pid);
    expect(take(ahead, {})).toBeUndefined();
  });

  test.each([
    ["environment", { env: { A: "2" } }],
    ["folder", { cwd: "/tmp" }],
    ["executable", { executable: "/bin/true" }],
    ["number", { args: ["601"] }],
    ["output", { output: [1, 2] }],
  ])("is ended if the worker should have another %s", async (_what, changes) => {
    const { ahead, pid } = begun();
    expect(take(ahead, changes)).toBeUndefined();
    await untilGone(pid);
  });

  test("is none if it has ended", async () => {
    const { ahead, pid } = begun();
    process.kill(pid, "SIGKILL");
    await untilGone(pid);
    expect(take(ahead, {})).toBeUndefined();
  });

  test("gives its page to one worker, and closes it if there is none", async () => {
    const first = begun();
    expect(first.ahead.takePage()).toBe(first.page);
    expect(first.ahead.takePage()).toBeUndefined();
    first.ahead.drop();
    expect(existsSync(`/proc/self/fd/${first.page}`)).toBe(true);
    realPages.close(first.page);
    const second = begun();
    second.ahead.drop();
    expect(existsSync(`/proc/self/fd/${second.page}`)).toBe(false);
    await untilGone(second.pid);
  });

  test("is none if it cannot be started, and nothing stays open", () => {
    const ahead = new ProcessAhead(realPages);
    ahead.begin({ ...START, executable: "/nonexistent" });
    expect(ahead.waiting).toBeUndefined();
    expect(take(ahead, {}, 99)).toBeUndefined();
  });
});
