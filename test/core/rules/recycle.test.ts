// An app that throws outside a request: its worker is replaced first and drained then.
import { describe, expect, test } from "bun:test";
import { Scenario, serving, SETTINGS, START, steered } from "../scenario.ts";

function uncaught(server: Scenario, worker: number): Scenario {
  return server.send({ type: "worker-uncaught", worker, error: "Error: late" });
}

const withRespawn = (change: Partial<typeof SETTINGS.respawn>): Scenario =>
  serving({ respawn: { ...SETTINGS.respawn, ...change } });

describe("a worker whose app threw outside a request", () => {
  test("keeps serving until another one is ready in its slot, then drains", () => {
    const server = uncaught(serving(), 1);
    expect(server.takeOnly("spawn")).toEqual([
      { type: "spawn", worker: 2, generation: 0, slot: 1 },
    ]);
    server.obey("spawn");
    expect(server.phases).toBe("0:ready 1:ready 2:binding");
    server.take();
    server.obey("bind");
    expect(server.takeOnly("drain")).toMatchObject([
      { worker: 1, reason: "recycle", timeoutMs: SETTINGS.reloadTimeoutMs },
    ]);
    expect(server.phases).toBe("0:ready 1:draining 2:ready");
    expect(server.obey("drain", "stop").phases).toBe("0:ready 2:ready");
  });

  test("gets new connections until then, and none afterwards", () => {
    const server = uncaught(serving(), 1).obey("spawn");
    expect(server.takeOnly("steer").at(-1)?.program).toEqual([0, 1]);
    server.obey("bind");
    expect(server.takeOnly("steer").at(-1)?.program).toEqual([0, 2]);
  });

  test("is replaced once, however often it throws", () => {
    const server = serving();
    for (let time = 0; time < 10; time++) uncaught(server, 1);
    server.obey(...START);
    for (let time = 0; time < 10; time++) uncaught(server, 1);
    expect(server.takeOnly("spawn")).toHaveLength(1);
    expect(server.state.respawn.crashesMs).toHaveLength(1);
  });

  test("waits for its replacement as one that crashed, and serves in the meantime", () => {
    const server = uncaught(
      serving()
        .crash(0)
        .obey(...START),
      1,
    );
    expect(server.takeLog()).toContain(
      "[WARN] Replacing worker 1 (generation 0) in 500ms — it drains when its replacement is ready",
    );
    expect(server.pass(499).takeOnly("spawn")).toEqual([]);
    expect(server.pass(1).takeOnly("spawn")).toHaveLength(1);
    expect(server.phases).toBe("1:ready 2:ready 3:spawning");
  });

  test("keeps serving when its replacement cannot start, which is tried again", () => {
    const server = uncaught(serving(), 1);
    server.send({ type: "worker-failed", worker: 2, reason: "no such table" }).obey("stop");
    expect(server.pass(500).phases).toBe("0:ready 1:ready 3:spawning");
    expect(server.obey(...START).phases).toBe("0:ready 1:draining 3:ready");
  });

  test("keeps serving when the crash budget is spent, which the log says once", () => {
    const server = withRespawn({ maxCrashes: 1 });
    uncaught(server, 1).obey(...START, "drain", "stop");
    server.take();
    uncaught(uncaught(server, 0), 0);
    expect(server.takeLog()).toEqual([
      "[ERROR] Worker 0 (generation 0) is not replaced and keeps serving: " +
        "1 crashes within 60s — the crash budget is spent (respawn.max_crashes)",
    ]);
    expect(server.phases).toBe("0:ready 2:ready");
    server.pass(SETTINGS.respawn.windowMs);
    expect(uncaught(server, 0).takeOnly("spawn")).toHaveLength(1);
  });

  test("that throws every second is not started every second", () => {
    const server = serving({ workers: 1 });
    let spawned = 0;
    for (let second = 0; second < 60; second++) {
      const ready = [...server.state.workers.values()].filter(
        ({ phase }) => phase.name === "ready",
      );
      for (const { id } of ready) uncaught(server, id);
      server.pass(1000).obey(...START, "drain", "stop");
      spawned += server.takeOnly("spawn").length;
    }
    expect(spawned).toBe(SETTINGS.respawn.maxCrashes);
  });

  test("is left alone with uncaught = log, and when it drains", () => {
    const server = withRespawn({ uncaught: "log" });
    expect(uncaught(server, 1).take()).toEqual([]);
    const reloaded = steered();
    reloaded.take();
    expect(uncaught(reloaded, 1).take()).toEqual([]);
  });
});

describe("while something else is under way, a worker whose app threw", () => {
  test("in a new version rejects that, as long as it does not serve", () => {
    const server = serving().reload().obey("load-config", "spawn");
    server.send({ type: "worker-bound", worker: 2, addresses: ["127.0.0.1:8000"] });
    server.send({ type: "worker-ready", worker: 2 });
    uncaught(server, 2);
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rejected" }]);
    expect(server.phases).toStartWith("0:ready 1:ready 2:draining");
  });

  test("at the start ends that", () => {
    const server = new Scenario().send({ type: "tick" });
    server.send({ type: "worker-loaded", worker: 0 }).obey("bind");
    uncaught(server, 0).obey("kill");
    expect(server.takeOnly("exit")).toEqual([{ type: "exit", code: 1 }]);
  });

  test("of the version that a reload replaces drains with the others", () => {
    const server = uncaught(serving().reload().obey("load-config"), 1).obey(...START);
    expect(server.takeOnly("drain").map(({ worker, reason }) => [worker, reason])).toContainEqual([
      0,
      "reload",
    ]);
    server.obey("drain", "stop", "release-listener");
    expect([...server.state.workers.values()].map(({ generation }) => generation)).toEqual([1, 1]);
  });

  test("in a slot that a scaling gives up is not replaced", () => {
    const server = uncaught(serving(), 1).scale(-1);
    server.obey(...START, "drain", "stop", "kill", "release-listener");
    expect(server.phases).toBe("0:ready");
  });

  test("in a slot that stays is replaced, and the one too many goes", () => {
    const server = uncaught(serving(), 0).scale(-1);
    server.obey(...START, "drain", "stop", "kill", "release-listener");
    expect(server.phases).toBe("2:ready");
  });

  test("at a stop drains with the others", () => {
    const server = uncaught(serving(), 1).stop("graceful");
    expect(uncaught(server, 0).takeOnly("spawn")).toHaveLength(1);
    expect(server.phases).toBe("0:draining 1:draining 2:stopping");
  });

  test("during a handover is replaced when that has failed", () => {
    const server = serving().handOver();
    server.take();
    expect(uncaught(server, 1).takeOnly("spawn")).toEqual([]);
    server.send({ type: "successor-not-started", reason: "there is no such file" });
    expect(server.takeOnly("spawn")).toEqual([
      { type: "spawn", worker: 2, generation: 0, slot: 1 },
    ]);
  });
});
