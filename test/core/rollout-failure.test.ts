// A reload that fails leaves the old generation as it was, wherever it fails.

import { describe, expect, test } from "bun:test";
import { ADDRESS, END, Scenario, serving, START, started } from "./scenario.ts";

/** Each: how far the reload has come, what then happens, and the reason that is told. */
const failures: readonly [string, (server: Scenario) => void, string][] = [
  [
    "a configuration that does not validate",
    (server) =>
      server.send({ type: "config-rejected", generation: 1, reason: "port: not a number" }),
    "port: not a number",
  ],
  [
    "a first worker that fails to load",
    (server) =>
      server.obey("load-config").send({ type: "worker-failed", worker: 2, reason: "SyntaxError" }),
    "SyntaxError",
  ],
  [
    "a first worker that dies before it says anything",
    (server) => server.obey("load-config").crash(2),
    "Worker 2 (generation 1) failed while starting its process: signal SIGSEGV",
  ],
  [
    "a first worker of another version of pounce",
    (server) => server.obey("load-config").send(started(2, "0.2.0")),
    "/usr/bin/pounce has been replaced by version 0.2.0 of pounce, whose workers this master " +
      "(version 0.1.0) cannot run: restart the server to change the version",
  ],
  [
    "a first worker that hangs at import",
    (server) => server.obey("load-config").send(started(2)).pass(30_000),
    "Worker 2 (generation 1) was still importing ./app.ts or running its startup hook " +
      "after 30s (startup_timeout) — killed",
  ],
  [
    "a first worker that dies while it binds",
    (server) => server.obey("load-config", "spawn").crash(2),
    "Worker 2 (generation 1) failed while binding its address or warming up: signal SIGSEGV",
  ],
  [
    "a first worker that cannot bind",
    (server) =>
      server
        .obey("load-config", "spawn")
        .send({ type: "worker-failed", worker: 2, reason: "EADDRINUSE" }),
    "EADDRINUSE",
  ],
  [
    "another worker that fails to load",
    (server) => {
      server.obey("load-config").send({ type: "worker-loaded", worker: 2 });
      server.send({ type: "worker-failed", worker: 3, reason: "no such table" });
    },
    "no such table",
  ],
  [
    "another worker that dies when it has loaded",
    (server) => server.obey("load-config", "spawn").crash(3),
    "Worker 3 (generation 1) failed while binding its address or warming up: signal SIGSEGV",
  ],
  [
    "another worker that hangs at import",
    (server) => {
      server.obey("load-config").send({ type: "worker-loaded", worker: 2 });
      server.obey("bind").pass(30_000);
    },
    "Worker 3 (generation 1) was still starting its process after 30s (startup_timeout) — killed",
  ],
  [
    "a worker that is bound and never ready",
    (server) => {
      server.obey("load-config", "spawn");
      server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
      server.send({ type: "worker-bound", worker: 3, addresses: [ADDRESS] });
      server.send({ type: "worker-ready", worker: 3 }).pass(30_000);
    },
    "Worker 2 (generation 1) was still binding its address or warming up " +
      "after 30s (startup_timeout) — killed",
  ],
  [
    "a ready worker that crashes before the others are",
    (server) => {
      server.obey("load-config").send({ type: "worker-loaded", worker: 2 });
      server.obey("bind").crash(2);
    },
    "Worker 2 (generation 1) exited unexpectedly: signal SIGSEGV",
  ],
];

describe("a reload is rejected by", () => {
  for (const [what, fail, reason] of failures) {
    test(what, () => {
      const server = serving();
      const { settings } = server.state;
      server.reload();
      server.take();
      fail(server);
      const effects = server.take();
      expect(effects.filter(({ type }) => type === "reload-ended")).toEqual([
        { type: "reload-ended", generation: 1, outcome: "rejected", reason, workers: 0 },
      ]);
      expect(effects).toContainEqual({
        type: "log",
        level: "error",
        event: "reload-failed",
        message: "Reload failed — continuing with previous version",
        fields: { generation: 1 },
      });
      expect(server.phases).toStartWith("0:ready 1:ready");
      server.obey(...END);
      expect(server.phases).toBe("0:ready 1:ready");
      expect(server.state.settings).toBe(settings);
      expect(server.state.serving).toBe(0);
      expect(server.state.groups.get(ADDRESS)).toEqual({ members: [0, 1], program: undefined });
      expect(server.take().filter(({ type }) => type === "reload-ended")).toEqual([]);
    });
  }
});

describe("after a rejected reload", () => {
  test("workers that serve it already drain as in a rollback", () => {
    const server = serving().reload().obey("load-config");
    server.send({ type: "worker-loaded", worker: 2 }).obey("bind");
    server.take();
    server.crash(3);
    expect(server.takeOnly("drain")).toEqual([
      {
        type: "drain",
        worker: 2,
        reason: "rollback",
        timeoutMs: 30_000,
        closeIdle: false,
        isSteered: true,
      },
    ]);
  });

  test("a worker that has not loaded its app is killed: it may be in an endless loop", () => {
    const server = serving({ workers: 3 }).reload().obey("load-config");
    server.send({ type: "worker-loaded", worker: 3 });
    server.take();
    server.crash(3);
    expect(server.takeOnly("kill").map(({ worker }) => worker)).toEqual([4, 5]);
  });

  test("a HUP that came in the meantime is followed by its reload", () => {
    const server = serving().reload().reload();
    server.send({ type: "config-rejected", generation: 1, reason: "port: not a number" });
    expect(server.state.rollout).toMatchObject({ name: "configuring", generation: 2 });
    server.obey(...START, ...END);
    expect(server.state.serving).toBe(2);
  });
});
