// Taking over from another master: who steers, what becomes of the old workers, and what happens
// when either side fails.

import { describe, expect, test } from "bun:test";
import type { Inventory } from "../../../src/core/inventory.ts";
import { KILL_GRACE_MS } from "../../../src/core/settings.ts";
import { step } from "../../../src/core/step.ts";
import { successorState } from "../../../src/core/rules/takeover.ts";
import {
  ADDRESS,
  END,
  INVENTORY,
  listeningIn,
  OTHER_ADDRESS,
  Scenario,
  SETTINGS,
  VERSION,
} from "../scenario.ts";

const GRANT = { type: "takeover-granted", reload: undefined, ended: [] } as const;
const DEATH = { type: "predecessor-ended", pid: 76, workers: [8, 9], ended: [] } as const;

function successor(change: Partial<Inventory> = {}): Scenario {
  const server = new Scenario();
  server.state = successorState(SETTINGS, VERSION, { ...INVENTORY, ...change });
  return server.send({ type: "tick" });
}

/** A successor that serves, after its predecessor has died. */
function orphaned(): Scenario {
  const server = successor().obey("spawn", "bind").send(GRANT).send(DEATH);
  server.take();
  return server;
}

test("workers without a master leave an address that is given up as all others do", () => {
  const server = orphaned();
  server.addresses = [OTHER_ADDRESS];
  server.reload().obey("load-config", "spawn", "bind");
  const quiet = server.takeOnly("quiet-listener").map(({ worker }) => worker);
  expect(quiet.toSorted((a, b) => a - b)).toEqual([8, 9, 20, 21]);
});

describe("a successor", () => {
  test("starts its own generation, appends to the array and touches no program before the grant", () => {
    const server = successor().obey("spawn", "bind");
    const effects = server.takeDeeds();
    expect(effects.filter(({ type }) => type !== "bind")).toEqual([
      { type: "reserve-number", worker: 20 },
      { type: "spawn", worker: 20, generation: 7, slot: 0 },
      { type: "reserve-number", worker: 21 },
      { type: "spawn", worker: 21, generation: 7, slot: 1 },
      { type: "claim" },
    ]);
    expect(server.state.groups.get(ADDRESS)?.members).toEqual([9, 8, 20, 21]);
    server.send({ type: "tick" });
    expect(server.take()).toEqual([]);
  });

  test("steers to its own with the grant, then drains the old ones", () => {
    const server = successor().obey("spawn", "bind");
    server.take();
    server.send(GRANT);
    const how = { reason: "reload", timeoutMs: 30_000, closeIdle: false, isSteered: true } as const;
    const drain = { type: "drain", ...how } as const;
    expect(server.takeDeeds()).toEqual([
      { type: "taken-over", addresses: [ADDRESS] },
      { type: "steer", address: ADDRESS, program: [2, 3] },
      { ...drain, worker: 8 },
      { ...drain, worker: 9 },
    ]);
  });

  test("says how many workers it serves with, not how many it took over", () => {
    const server = successor({ workers: [{ worker: 9, slot: 0 }] });
    server.obey("spawn", "bind").send(GRANT);
    expect(server.takeOnly("tell-serving")).toEqual([
      { type: "tell-serving", generation: 7, app: "./app.ts", workers: 2 },
    ]);
  });

  test("closes the old listeners in an order that is valid at each moment, and ends as it began", () => {
    const server = successor().obey("spawn", "bind").send(GRANT);
    server.take();
    server.obey(...END);
    expect(server.takeOnly("close-listener")).toEqual([
      { type: "close-listener", worker: 8, address: ADDRESS, during: [2], after: [1, 2] },
      { type: "close-listener", worker: 9, address: ADDRESS, during: [1], after: undefined },
    ]);
    expect(server.phases).toBe("20:ready 21:ready");
    expect([...server.state.generations.keys()]).toEqual([7]);
  });

  test("carries out a reload that was asked of the predecessor since the offer", () => {
    const server = successor().obey("spawn", "bind");
    server.send({ ...GRANT, reload: "SIGHUP" });
    expect(server.takeOnly("load-config")).toHaveLength(1);
  });

  test("leaves the old workers and their programs alone when its app fails", () => {
    const server = successor();
    server.send({ type: "worker-failed", worker: 20, reason: "no such file" });
    server.obey(...END);
    expect(server.takeDeeds()).toEqual([
      { type: "reserve-number", worker: 20 },
      { type: "spawn", worker: 20, generation: 7, slot: 0 },
      { type: "stop", worker: 20 },
      { type: "exit", code: 1 },
    ]);
  });

  test("closes listeners of its own without a program when it fails after it has bound", () => {
    const server = successor().obey("spawn");
    server.obey("bind").crash(21);
    expect(server.state.succession.name).toBe("claimed");
    const failing = successor()
      .obey("spawn")
      .send({
        type: "worker-bound",
        worker: 20,
        addresses: [ADDRESS],
      });
    failing.crash(21).obey(...END);
    failing.pass(2000).obey(...END);
    const closes = failing.takeOnly("close-listener");
    expect(closes).toEqual([
      expect.objectContaining({
        worker: 20,
        during: undefined,
        after: undefined,
        keepsProgram: true,
      }),
    ]);
    expect(failing.state.exited).toBe(true);
  });

  test("replaces a worker that crashes after the claim, as the server may be its own already", () => {
    const server = successor().obey("spawn", "bind");
    server.take();
    server.crash(21);
    expect(server.takeOnly("spawn")).toEqual([
      { type: "spawn", worker: 22, generation: 7, slot: 1 },
    ]);
    server.send(GRANT);
    expect(server.takeOnly("drain")).toEqual([]);
    server.obey("spawn", "bind");
    expect(server.takeOnly("drain")).toHaveLength(2);
  });

  test("steers around old workers that are full, if one of its own has crashed since the claim", () => {
    const server = successor().obey("spawn", "bind").crash(20);
    server.take();
    server.send({ ...GRANT, full: [9] });
    expect(server.takeOnly("steer")).toEqual([
      { type: "steer", address: ADDRESS, program: [1] },
    ] as never);
    server.send({ type: "worker-full", worker: 9, isFull: false });
    expect(server.takeOnly("steer")).toMatchObject([{ program: [0, 1] }]);
  });

  test("steers around old workers that do not get on, in the same case", () => {
    const server = successor().obey("spawn", "bind").crash(20);
    server.take();
    server.send({ ...GRANT, stalled: [9] });
    expect(server.takeOnly("steer")).toEqual([
      { type: "steer", address: ADDRESS, program: [1] },
    ] as never);
  });

  test("closes the listener of an old worker that had crashed before the grant, and counts nothing", () => {
    const server = successor().obey("spawn", "bind");
    server.take();
    server.send({ ...GRANT, ended: [8] }).crash(8);
    const effects = server.take();
    expect(effects.filter(({ type }) => type === "close-listener")).toEqual([
      { type: "close-listener", worker: 8, address: ADDRESS, during: [2], after: [1, 2] },
    ]);
    expect(effects.filter(({ type }) => type === "drain")).toMatchObject([{ worker: 9 }]);
    expect(effects).not.toContainEqual(expect.objectContaining({ event: "worker-crashed" }));
  });

  for (const [when, ready] of [
    ["before it has claimed", ["spawn"]],
    ["when it has claimed", ["spawn", "bind"]],
  ] as const) {
    test(`that is stopped ${when} ends by itself, and touches nothing of its predecessor`, () => {
      const server = successor().obey(...ready);
      server.take();
      server.stop("graceful").obey(...END);
      server.pass(60_000).obey(...END);
      const touched = server
        .take()
        .flatMap((effect) => ("worker" in effect ? [effect.worker] : []));
      expect(touched).not.toContain(8);
      expect(touched).not.toContain(9);
      expect(server.state.exited).toBe(true);
      expect(server.state.exitCode).toBe(1);
    });
  }

  test("that takes over where the kernel refuses steering knows that it does", () => {
    const server = successor({ steering: "refused" }).obey("spawn", "bind").send(GRANT);
    expect(server.takeOnly("steer")).toEqual([]);
    expect(server.state.sharing).toEqual({ name: "kernel", steering: "refused" });
  });

  test("does not change the state that it was given", () => {
    const { state } = successor();
    const before = structuredClone(state);
    step(state, { type: "stop-requested", mode: "now", signal: "SIGQUIT" }, 0);
    expect(state).toEqual(before);
  });
});

describe("when the predecessor dies after the grant, its workers", () => {
  test("end without being counted as crashes, and the reload completes", () => {
    const server = orphaned().crash(8).crash(9);
    const effects = server.take();
    expect(effects.filter(({ type }) => type === "log")).toMatchObject([
      { level: "info", message: "Worker 8 (generation 4) has exited, after its master" },
      { level: "info", message: "Worker 9 (generation 4) has exited, after its master" },
      { message: "Graceful reload complete. Running 2 worker(s) on generation 7" },
    ]);
    expect(effects.filter(({ type }) => type === "spawn")).toEqual([]);
    expect(server.state.respawn).toEqual({ crashesMs: [], notBeforeMs: 0 });
    expect(server.phases).toBe("20:ready 21:ready");
  });

  test("are told nothing any more, and killed when they have not ended in time", () => {
    const server = orphaned().stop("impatient").obey("drain", "stop");
    expect(server.takeOnly("drain").map(({ worker }) => worker)).toEqual([20, 21]);
    server.pass(SETTINGS.shutdownTimeoutMs);
    expect(server.takeOnly("kill")).toEqual([]);
    server.pass(KILL_GRACE_MS);
    expect(server.takeOnly("kill")).toEqual([
      { type: "kill", worker: 8 },
      { type: "kill", worker: 9 },
    ]);
  });

  test("leave the crash budget to the new ones, whose crashes do count", () => {
    const server = orphaned().crash(8).crash(9).crash(20);
    expect(server.state.respawn.crashesMs).toHaveLength(1);
    expect(server.takeOnly("spawn")).toMatchObject([{ worker: 22, generation: 7 }]);
  });
});

describe("when the predecessor dies before the grant, its successor", () => {
  test("starts on its own: whoever is ready serves, and no old worker is replaced", () => {
    const server = successor();
    server.take();
    server.send(DEATH);
    const effects = server.take();
    expect(effects).toMatchObject([
      { level: "warn", event: "predecessor-ended", fields: { pid: 76 } },
      { type: "taken-over" },
      { type: "steer" },
    ]);
    expect(server.state.serving).toBeUndefined();
    server.crash(8).crash(9);
    const events = server.takeOnly("log").map(({ event }) => event);
    expect(events).toEqual(["worker-ended", "worker-ended"]);
    server.obey("spawn", "bind");
    expect(server.phases).toBe("20:ready 21:ready");
    expect(server.state.serving).toBe(7);
    const later = server.take();
    expect(listeningIn(later)).toEqual([ADDRESS]);
    expect(later).toContainEqual(
      expect.objectContaining({ type: "reload-ended", generation: 7, outcome: "completed" }),
    );
    expect(server.state.respawn.crashesMs).toEqual([]);
  });

  test("takes the server at once when it has claimed", () => {
    const server = successor().obey("spawn", "bind");
    server.take();
    server.send(DEATH);
    const types = server.take().map(({ type }) => type);
    expect(types.slice(0, 4)).toEqual(["log", "taken-over", "steer", "use-config"]);
    expect(server.state.serving).toBe(7);
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([2, 3]);
  });

  test("has nothing to fall back to: an app that fails ends it, and the old workers are not killed", () => {
    const server = successor().send(DEATH);
    server.send({ type: "worker-failed", worker: 20, reason: "no such file" }).obey(...END);
    expect(server.takeLog()).toContain("[ERROR] Start failed — the app could not be loaded");
    expect(server.phases).toBe("8:orphaned 9:orphaned");
    server.crash(8).crash(9);
    expect(server.takeOnly("exit")).toEqual([{ type: "exit", code: 1 }]);
  });
});
