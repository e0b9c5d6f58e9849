// What goes on after failures, and tells of them.
import { expect, test } from "bun:test";
import { SystemError } from "../../src/os/libc.ts";
import { periodically, Trouble, until } from "../../src/worker/trouble.ts";

function setup(): { trouble: Trouble; told: string[] } {
  const told: string[] = [];
  const tell = (event: string, words: string): void => void told.push(`${event}: ${words}`);
  return { trouble: new Trouble(tell, "sweep-failed", "the sweep"), told };
}

test("a periodic task goes on after failures, of which each row is reported once", async () => {
  const { trouble, told } = setup();
  const { promise, resolve } = Promise.withResolvers<void>();
  let turns = 0;
  periodically(trouble, 1, async () => {
    turns++;
    if (turns === 10) resolve();
    if (turns <= 3 || turns === 6) throw new SystemError(`call ${turns}`, "EMFILE");
    return 1;
  });
  await promise;
  expect(told.map((words) => words.split(",", 1)[0])).toEqual([
    "sweep-failed: the sweep failed: call 1: EMFILE",
    "sweep-failed: the sweep failed: call 6: EMFILE",
  ]);
  expect(told[0]).toContain("raise it with ulimit -n, or LimitNOFILE= in the systemd unit");
});

test("a wait goes on after failures, until it is over", async () => {
  const { trouble, told } = setup();
  let calls = 0;
  const isDone = (): boolean => {
    calls++;
    if (calls < 3) throw new Error("EMFILE");
    return calls === 5;
  };
  await until(trouble, isDone, () => 0);
  expect([calls, told.length]).toEqual([5, 1]);
});

function fail(): boolean {
  throw new Error("EMFILE");
}

test("a wait that does nothing but fail ends at its limit", async () => {
  const { trouble, told } = setup();
  await until(trouble, fail, () => 1, performance.now() + 20);
  expect(told).toHaveLength(1);
});

test("a step that fails does not keep the next from being taken", () => {
  const { trouble, told } = setup();
  const steps: number[] = [];
  trouble.survive(() => steps.push(1));
  trouble.survive(fail);
  trouble.survive(() => steps.push(2));
  expect(steps).toEqual([1, 2]);
  expect(told).toHaveLength(1);
});
