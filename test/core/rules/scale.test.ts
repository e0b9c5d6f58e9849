// TTIN and TTOU: one worker more or fewer, until the next reload.

import { describe, expect, test } from "bun:test";
import { MAX_WORKERS } from "../../../src/core/rules/scale.ts";
import { ADDRESS, END, Scenario, serving, START } from "../scenario.ts";

describe("scaling", () => {
  test("up fills the next slot", () => {
    const server = serving().scale(1);
    const effects = server.take();
    expect(effects).toEqual([
      {
        type: "log",
        level: "info",
        event: "scaling",
        message: "Received SIGTTIN — scaling to 3 worker(s)",
        fields: { generation: 0, workers: 3, by: "SIGTTIN" },
      },
      { type: "spawn", worker: 2, generation: 0, slot: 2 },
    ]);
    server.obey("spawn", "bind");
    expect(server.phases).toBe("0:ready 1:ready 2:ready");
    expect(server.state.groups.get(ADDRESS)?.program).toBeUndefined();
  });

  test("down drains the last slot, and steers away from it first", () => {
    const server = serving().scale(-1);
    expect(server.takeLog()).toEqual(["[INFO] Received SIGTTOU — scaling to 1 worker(s)"]);
    expect(server.phases).toBe("0:ready 1:draining");
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0]);
    server.obey(...END);
    expect(server.phases).toBe("0:ready");
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [0], program: undefined });
  });

  test("down ends a worker that has not started yet", () => {
    const server = serving().scale(1);
    server.take();
    server.scale(-1);
    expect(server.takeOnly("kill")).toEqual([{ type: "kill", worker: 2 }]);
  });

  test("down and up again fills the slot while its last worker drains", () => {
    const server = serving().scale(-1).scale(1);
    expect(server.phases).toBe("0:ready 1:draining 2:spawning");
  });

  test("down never drains the only ready worker: the ones to stay must be ready first", () => {
    const server = serving().crash(0).scale(-1);
    expect(server.phases).toBe("1:ready 2:spawning");
    server.obey("spawn", "bind");
    expect(server.phases).toBe("1:draining 2:ready");
  });

  test("down waits for a replacement that itself waits for its time", () => {
    const server = serving({ workers: 3 }).crash(0).crash(1).obey("spawn", "bind");
    server.scale(-1);
    expect(server.phases).toBe("2:ready 3:ready");
    server.pass(500).obey("spawn", "bind");
    expect(server.phases).toBe("2:draining 3:ready 4:ready");
  });

  test("down does not replace a surplus worker that crashes before it is drained", () => {
    const server = serving().crash(0).scale(-1);
    server.take();
    server.crash(1);
    expect(server.takeLog()).toEqual([
      "[ERROR] Worker 1 (generation 0) ended unexpectedly: signal SIGSEGV",
    ]);
    expect(server.phases).toBe("2:spawning");
  });
});

describe("a scaling is ignored, and says so,", () => {
  test("below one worker", () => {
    const server = serving({ workers: 1 }).scale(-1);
    expect(server.takeLog()).toEqual([
      "[WARN] Received SIGTTOU — ignored, one worker is the least",
    ]);
    expect(server.phases).toBe("0:ready");
  });

  test("above the most", () => {
    const server = serving();
    const generation = server.state.generations.get(0);
    if (generation === undefined) throw new Error("generation 0 is not there");
    const generations = new Map([[0, { ...generation, target: MAX_WORKERS }]]);
    server.state = { ...server.state, generations };
    server.scale(1);
    expect(server.takeLog()).toEqual([
      "[WARN] Received SIGTTIN — ignored, 1024 workers are the most",
    ]);
  });

  test("before the server serves", () => {
    const server = new Scenario().send({ type: "tick" }).scale(1);
    expect(server.takeLog()).toEqual([
      "[WARN] Received SIGTTIN — ignored, the server is not serving yet",
    ]);
  });

  test("while it stops", () => {
    const server = serving({ shutdownDelayMs: 1000 }).stop("graceful");
    server.take();
    server.scale(1);
    expect(server.take()).toMatchObject([{ type: "log", event: "scale-ignored" }]);
  });
});

describe("a scaling during a reload", () => {
  test("is done to the old generation, and the new one has what is configured", () => {
    const server = serving().reload().obey("load-config").scale(1).scale(1);
    expect(server.phases).toBe("0:ready 1:ready 2:spawning 3:spawning 4:spawning");
    server.obey(...START, ...END);
    expect(server.state.serving).toBe(1);
    expect(server.state.workers.size).toBe(2);
    expect(server.takeLog()).toContain(
      "[INFO] Graceful reload complete. Running 2 worker(s) on generation 1",
    );
  });

  test("stays when the reload is rejected", () => {
    const server = serving().reload().scale(1);
    server.send({ type: "config-rejected", generation: 1, reason: "port: not a number" });
    server.obey(...START);
    expect(server.phases).toBe("0:ready 1:ready 2:ready");
  });
});
