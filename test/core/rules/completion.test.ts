// The operator's command looks at a new generation before any client does, and in the canary again.
import { describe, expect, test } from "bun:test";
import { ADDRESS, type Scenario, serving } from "../scenario.ts";
import { CANARY, ends, GOOD, measure, PLAIN, roles, tried } from "../trials.ts";

const VERIFY = { hasVerify: true };

function say(server: Scenario, stage: "ready" | "canary", problem?: string): Scenario {
  return server.send({ type: "verified", generation: 1, stage, problem });
}

describe("with a command in rollout.verify", () => {
  test("a generation that is ready waits for its word, and gets no connections", () => {
    const server = tried(VERIFY);
    expect(server.takeOnly("verify")).toEqual([
      { type: "verify", generation: 1, stage: "ready", timeoutMs: 30_000 },
    ]);
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0, 1]);
    expect(roles(server)).toBe("0:serving 1:starting");
    expect(roles(say(server, "ready"))).toBe("0:leaving 1:serving");
  });

  test("no means that the reload is rejected, with what it has said", () => {
    const server = tried(VERIFY);
    server.take();
    say(server, "ready", "exit code 1: /cart answers 500");
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(server.takeLog()).toEqual([
      "[ERROR] the command in rollout.verify says no: exit code 1: /cart answers 500",
      "[ERROR] Reload failed — continuing with previous version",
    ]);
  });

  test("a command that takes longer than verify_timeout has said no, and is ended", () => {
    const server = tried({ ...VERIFY, verifyTimeoutMs: 5000 }).pass(4999);
    expect(roles(server)).toBe("0:serving 1:starting");
    expect(roles(server.pass(1))).toBe("0:serving 1:leaving");
    const took = "the command in rollout.verify took longer than 5s (rollout.verify_timeout)";
    expect(server.takeLog()).toContain(`[ERROR] ${took}`);
  });

  test("each look has that time, the one in the canary too", () => {
    const server = say(tried({ ...VERIFY, ...CANARY, verifyTimeoutMs: 5000 }), "ready");
    server.take();
    measure(server, 1, GOOD, 16_000);
    expect(server.takeOnly("verify")).toMatchObject([{ stage: "canary", timeoutMs: 5000 }]);
    measure(server, 1, GOOD, 5000);
    expect(roles(server)).toBe("0:serving 1:leaving");
  });

  test("a word that comes too late, or about another stage, changes nothing", () => {
    const server = tried(VERIFY);
    say(server, "canary", "no");
    expect(roles(server)).toBe("0:serving 1:starting");
    say(server, "ready");
    say(server, "ready", "no");
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test.each([
    [true, "made no progress and was killed (watchdog.hang_timeout)"],
    [false, "worker 2 has ended"],
  ])("a worker that is lost in the canary is not the command's no (hung: %p)", (hung, why) => {
    const server = say(tried({ ...VERIFY, ...CANARY }), "ready");
    measure(server, 1, GOOD, 16_000);
    if (hung) server.send({ type: "worker-stalled", worker: 2, forMs: 1000, doing: undefined });
    server.takeLog();
    const problem = "worker 2 has ended";
    server.send({ type: "verified", generation: 1, stage: "canary", problem, lost: 2 });
    const log = server.takeLog().join("\n");
    expect(log).toContain(why);
    expect(log).not.toContain("says no");
    expect(roles(server)).toBe("0:serving 1:leaving");
  });

  test("a worker that is lost meanwhile rejects the reload", () => {
    expect(roles(tried(VERIFY).crash(2))).toBe("0:serving 1:leaving");
  });

  test("it looks again in the middle of the canary, and its no is a rollback", () => {
    const server = say(tried({ ...VERIFY, ...CANARY }), "ready");
    measure(server, 1, GOOD, 14_000);
    server.take();
    measure(server, 1, GOOD, 1500);
    expect(server.takeOnly("verify")).toMatchObject([{ stage: "canary" }]);
    say(server, "canary", "exit code 1");
    expect(roles(server)).toBe("0:serving 1:leaving");
    expect(ends(server)).toMatchObject([{ outcome: "rolled-back" }]);
  });

  test("a canary waits for the word beyond its time", () => {
    const server = measure(say(tried({ ...VERIFY, ...CANARY }), "ready"), 1, GOOD, 31_000);
    expect(roles(server)).toBe("0:serving 1:starting");
    say(server, "canary");
    measure(server, 1, GOOD, 1000);
    expect(roles(server)).toBe("0:leaving 1:serving");
  });

  test("the start of a server asks nobody: there is nothing to go back to", () => {
    const server = serving({ rollout: { ...PLAIN, ...VERIFY } });
    expect(roles(server)).toBe("0:serving");
  });

  test("a stop does not wait for it", () => {
    const server = tried(VERIFY).stop("graceful");
    expect(server.takeOnly("end-verify")).toHaveLength(1);
    expect(server.phases).toBe("0:draining 1:draining 2:draining 3:draining");
  });
});
