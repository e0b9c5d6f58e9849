// A reload: what happens in which order, and how it ends.

import { describe, expect, test } from "bun:test";
import { CONFIG_TIMEOUT_MS } from "../../../src/core/settings.ts";
import {
  ADDRESS,
  END,
  listeningIn,
  loaded,
  Scenario,
  serving,
  SETTINGS,
  START,
  started,
  steered,
} from "../scenario.ts";

describe("the start", () => {
  test("spawns one worker, and the others only when it has loaded", () => {
    const server = new Scenario({ workers: 3 }).send({ type: "tick" });
    expect(server.take()).toEqual([
      { type: "spawn", worker: 0, generation: 0, slot: 0, warmsUpFirst: true },
    ]);
    server.send(started(0));
    server.send({ type: "worker-loaded", worker: 0 });
    expect(server.take()).toEqual([
      { type: "bind", worker: 0 },
      { type: "spawn", worker: 1, generation: 0, slot: 1, warmsUpFirst: true },
      { type: "spawn", worker: 2, generation: 0, slot: 2, warmsUpFirst: true },
    ]);
  });

  test("listens when every worker is ready, and is no reload", () => {
    const server = new Scenario().send({ type: "tick" }).obey(...START);
    const effects = server.take();
    expect(listeningIn(effects)).toEqual([ADDRESS]);
    expect(effects.filter(({ type }) => type.startsWith("reload-"))).toEqual([]);
    expect(server.state.serving).toBe(0);
  });
});

describe("a reload", () => {
  test("reads the configuration, then goes by it in everything", () => {
    const server = serving();
    server.written = { ...SETTINGS, workers: 3, reloadTimeoutMs: 7000 };
    server.reload();
    expect(server.takeOnly("load-config")).toHaveLength(1);
    server.obey(...START);
    const how = { reason: "reload", timeoutMs: 7000, closeIdle: false, isSteered: true } as const;
    const drain = { type: "drain", ...how } as const;
    expect(server.takeOnly("drain")).toEqual([
      { ...drain, worker: 0 },
      { ...drain, worker: 1 },
    ]);
    expect(server.state.settings).toBe(server.written);
    expect(server.phases).toBe("0:draining 1:draining 2:ready 3:ready 4:ready");
  });

  test("is told to have ended when the last old worker has, and only then", () => {
    const server = steered();
    server.crash(0);
    expect(server.takeOnly("reload-ended")).toEqual([]);
    server.crash(1);
    expect(server.takeOnly("reload-ended")).toEqual([
      { type: "reload-ended", generation: 1, outcome: "completed", reason: undefined, workers: 2 },
    ]);
  });

  test("does not announce addresses that stay the same", () => {
    const server = serving()
      .reload()
      .obey(...START, ...END);
    expect(listeningIn(server.take())).toEqual([]);
  });

  test("replaces crashed workers of the old generation meanwhile", () => {
    const server = serving().reload().obey("load-config");
    server.take();
    server.crash(1);
    expect(server.takeOnly("spawn")).toEqual([
      { type: "spawn", worker: 3, generation: 0, slot: 1 },
    ]);
  });

  test("kills a replacement that has not loaded yet when the new generation serves", () => {
    const server = serving().reload().obey("load-config").crash(1);
    for (const worker of [2, 4]) server.send({ type: "worker-loaded", worker });
    server.take();
    server.obey("bind");
    expect(server.takeOnly("kill")).toEqual([{ type: "kill", worker: 3 }]);
    expect(server.state.serving).toBe(1);
  });

  test("drains a replacement that is about to bind when the new generation serves", () => {
    const server = serving().reload().obey("load-config").crash(1);
    for (const worker of [2, 4]) server.send({ type: "worker-loaded", worker });
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    server.send({ type: "worker-ready", worker: 2 });
    server.send({ type: "worker-loaded", worker: 3 });
    server.send({ type: "worker-bound", worker: 4, addresses: [ADDRESS] });
    expect(server.state.bindLock?.worker).toBe(3);
    server.take();
    server.send({ type: "worker-ready", worker: 4 });
    expect(server.takeOnly("drain").map(({ worker }) => worker)).toEqual([0, 3]);
    server.send({ type: "worker-bound", worker: 3, addresses: [ADDRESS] });
    server.obey(...END);
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [4, 2], program: undefined });
  });
});

describe("a configuration", () => {
  test("that is not read in time is rejected, and not gone by when it comes after all", () => {
    const server = serving().reload().pass(CONFIG_TIMEOUT_MS);
    expect(server.takeLog()).toContain("[ERROR] reading the configuration took longer than 30s");
    server.send(loaded(1, SETTINGS));
    expect(server.take()).toEqual([{ type: "forget-config", generation: 1 }]);
    expect(server.state.rollout).toEqual({ name: "none" });
  });

  test("that comes late is not taken for that of the next reload", () => {
    const server = serving().reload().pass(CONFIG_TIMEOUT_MS).reload();
    server.send({ type: "config-rejected", generation: 1, reason: "port: not a number" });
    server.send(loaded(1, SETTINGS));
    expect(server.state.rollout).toMatchObject({ name: "configuring", generation: 2 });
  });

  test("has its warnings told", () => {
    const server = serving().reload();
    server.take();
    server.send({ ...loaded(1, SETTINGS), warnings: ["pid_file is ignored"] });
    expect(server.takeLog()).toEqual(["[WARN] pid_file is ignored"]);
  });
});

test("numbers of generations and workers are never used twice", () => {
  const server = serving({ workers: 1 }).reload();
  server.send({ type: "config-rejected", generation: 1, reason: "port: not a number" });
  server.reload().obey("load-config");
  server.send({ type: "worker-failed", worker: 1, reason: "no fetch" });
  server.reload().obey(...START);
  expect(server.state.serving).toBe(3);
  expect(server.phases).toContain("2:ready");
});
