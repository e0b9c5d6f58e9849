// What a failed effect leads to: nothing waits for an answer that will never come.
import { describe, expect, test } from "bun:test";
import { ADDRESS, Scenario, serving, START } from "./scenario.ts";

const NO_MEMORY = "setsockopt: ENOMEM";

describe("an effect that cannot be performed:", () => {
  test("a program that is refused at a reload is followed by the careful path", () => {
    const server = serving().reload().obey("load-config", "spawn", "bind");
    const program = [0, 1];
    server.take();
    server.send({
      type: "effect-failed",
      effect: { type: "steer", address: ADDRESS, program },
      reason: NO_MEMORY,
    });
    const refusedAtMs = server.nowMs;
    expect(server.state.sharing).toEqual({ name: "kernel", steering: "refused", refusedAtMs });
    expect(server.state.groups.get(ADDRESS)?.program).toBeUndefined();
    expect(server.takeLog()).toEqual([
      `[WARN] The kernel refuses steering (${NO_MEMORY}): reloads take the careful path, ` +
        "on which a few new connections wait up to 1 s",
    ]);
  });

  test("steering is tried again at the next reload, and taken up where it works", () => {
    const server = serving().send({ type: "steering-refused", reason: NO_MEMORY });
    server.take();
    server.reload();
    expect(server.takeOnly("probe-steering")).toEqual([
      { type: "probe-steering", address: ADDRESS, program: [0, 1] },
    ]);
    server.send({ type: "steering-works" }).obey(...START);
    expect(server.state.sharing).toEqual({ name: "kernel", steering: "kernel" });
    expect(server.state.groups.get(ADDRESS)?.program).toBeDefined();
  });

  test("a configuration that cannot be read rejects the reload", () => {
    const server = serving().reload();
    const [effect] = server.takeOnly("load-config");
    if (effect === undefined) throw new Error("nothing is read");
    server.send({ type: "effect-failed", effect, reason: "EMFILE" });
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rejected" }]);
    expect(server.state.rollout.name).toBe("none");
  });

  test("a worker that cannot be spawned has ended", () => {
    const server = new Scenario().send({ type: "tick" });
    server.take();
    const effect = { type: "spawn", worker: 0, generation: 0, slot: 0 } as const;
    server.send({ type: "effect-failed", effect, reason: "EMFILE" });
    expect(server.takeLog().join("\n")).toContain("it could not be spawned: EMFILE");
  });

  test("one that nobody waits for is told", () => {
    const server = serving();
    const effect = { type: "kill", worker: 0 } as const;
    server.send({ type: "effect-failed", effect, reason: "EPERM" });
    expect(server.takeLog()).toEqual(['[ERROR] The master failed at "kill": EPERM']);
  });
});

describe("a worker that says it listens, unasked,", () => {
  test("keeps serving until it is replaced when it serves", () => {
    const server = serving();
    server.send({ type: "worker-bound", worker: 0, addresses: ["127.0.0.1:9"] });
    expect(server.takeLog()).toEqual([
      '[ERROR] Worker 0 (generation 0) sent "worker-bound", which is not valid while it is ready',
      "[WARN] Replacing worker 0 (generation 0) — it drains when its replacement is ready",
    ]);
    expect([...server.state.groups.keys()]).toEqual([ADDRESS]);
  });

  test("has failed when it is starting", () => {
    const server = serving().reload().obey("load-config");
    const [spawn] = server.takeOnly("spawn");
    const worker = (spawn as { worker: number }).worker;
    server.send({ type: "worker-bound", worker, addresses: [ADDRESS] });
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rejected" }]);
  });
});
