// Where no two workers can listen on one address: the old one releases it when the new one has
// loaded, and listens again when that one fails.

import { describe, expect, test } from "bun:test";
import { initialState } from "../../../src/core/state.ts";
import { BIND_TIMEOUT_MS, RELEASE_TIMEOUT_MS } from "../../../src/core/settings.ts";
import {
  ADDRESS,
  END,
  listeningIn,
  OTHER_ADDRESS,
  Scenario,
  SETTINGS,
  VERSION,
  START,
} from "../scenario.ts";

import { PLAIN } from "../trials.ts";

const FAILED = "[ERROR] Reload failed — continuing with previous version";

/** A server of one worker that serves generation 0, with nothing said that has not been taken. */
function serving(): Scenario {
  const server = new Scenario({ workers: 1 });
  server.state = initialState({ ...SETTINGS, workers: 1 }, VERSION, "solo");
  server.send({ type: "tick" }).obey(...START);
  server.take();
  return server;
}

/** A reload up to the moment in which nobody listens: the new worker has been told to bind. */
function inGap(server = serving()): Scenario {
  server.reload().obey("load-config", "spawn");
  server.take();
  return server.obey("release-listener");
}

const types = (server: Scenario): string[] =>
  server.takeDeeds().flatMap(({ type }) => (type === "close-listener" ? [] : [type]));

describe("a reload where addresses are not shared", () => {
  test("leaves the old worker alone until the new one has loaded its app", () => {
    const server = serving();
    server.reload().obey("load-config");
    expect(types(server)).toEqual(["load-config", "spawn"]);
    server.send({ type: "worker-failed", worker: 1, reason: "a syntax error" });
    expect(types(server)).toEqual(["stop"]);
    expect(server.state.workers.get(0)?.listeners.get(ADDRESS)).toEqual({ name: "open" });
  });

  test("has the new one bind when the old one has released its listener, and not before", () => {
    const server = serving();
    server.reload().obey("load-config", "spawn");
    expect(types(server)).toEqual(["load-config", "spawn", "release-listener"]);
    server.send({ type: "listener-released", worker: 0, address: ADDRESS });
    expect(types(server)).toEqual(["bind"]);
    expect(server.phases).toBe("0:ready 1:binding");
  });

  test("waits for the last of several addresses", () => {
    const server = new Scenario({ workers: 1 });
    server.addresses = [ADDRESS, OTHER_ADDRESS];
    server.state = initialState({ ...SETTINGS, workers: 1 }, VERSION, "solo");
    server.send({ type: "tick" }).obey(...START);
    server.reload().obey("load-config", "spawn");
    server.take();
    server.send({ type: "listener-released", worker: 0, address: OTHER_ADDRESS });
    expect(types(server)).toEqual([]);
    expect(server.phases).toBe("0:ready 1:binding");
    server.send({ type: "listener-released", worker: 0, address: ADDRESS });
    expect(types(server)).toEqual(["bind"]);
  });

  test("drains the old one when the new one is ready, and tells how long nobody listened", () => {
    const server = inGap();
    server.pass(4).obey("bind");
    expect(server.phases).toBe("0:draining 1:ready");
    expect(server.takeLog()).toEqual([
      "[INFO] Worker 1 (generation 1) is listening; the address was closed for 4ms",
      "[INFO] New workers spawned. Draining old workers (generation 0)...",
    ]);
    server.obey(...END);
    expect(server.takeOnly("reload-ended")).toHaveLength(1);
    expect(server.phases).toBe("1:ready");
  });

  test("names the address again only when it has changed", () => {
    const same = inGap();
    same.obey("bind");
    expect(listeningIn(same.take())).toEqual([]);
    const other = serving();
    other.addresses = [OTHER_ADDRESS];
    inGap(other).obey("bind");
    expect(listeningIn(other.take())).toEqual([OTHER_ADDRESS]);
  });
});

describe("the old worker listens again", () => {
  const failures: [string, (server: Scenario) => void][] = [
    ["fails to bind", (it) => it.send({ type: "worker-failed", worker: 1, reason: "in use" })],
    ["dies as it binds", (it) => it.crash(1)],
    ["hangs as it binds", (it) => it.pass(BIND_TIMEOUT_MS)],
    [
      "has bound and is not ready in time",
      (it) => {
        it.send({ type: "worker-bound", worker: 1, addresses: [ADDRESS] });
        it.pass(BIND_TIMEOUT_MS);
      },
    ],
  ];
  for (const [name, fail] of failures) {
    test(`when the new one ${name}, and the reload is rejected`, () => {
      const server = inGap();
      server.take();
      fail(server);
      server.obey("stop", "kill", "force");
      const effects = server.take();
      expect(effects).toContainEqual(expect.objectContaining({ outcome: "rejected" }));
      expect(effects).toContainEqual(expect.objectContaining({ message: FAILED.slice(8) }));
      expect(effects).toContainEqual({ type: "bind", worker: 0 });
      server.send({ type: "worker-bound", worker: 0, addresses: [ADDRESS] });
      expect(server.takeLog().join()).toContain(
        "Worker 0 (generation 0) is listening; the address was closed for",
      );
      expect(server.phases).toBe("0:ready");
    });
  }

  test("before the worker of the next reload binds, which has loaded its app by then", () => {
    const server = inGap();
    server.send({ type: "reload-requested", by: "SIGHUP" });
    server.take();
    server.pass(BIND_TIMEOUT_MS);
    server.obey("load-config", "spawn");
    expect(server.phases).toBe("0:ready 1:stopping 2:binding");
    server.take();
    server.send({ type: "worker-exited", worker: 1, how: "signal SIGKILL" });
    expect(server.take().filter(({ type }) => type === "bind")).toEqual([
      { type: "bind", worker: 0 },
    ]);
  });

  test("once, whatever else it says that is no message", () => {
    const server = inGap();
    server.crash(1).take();
    server.send({ type: "worker-broken", worker: 0, reason: "it sent an invalid message" });
    expect(types(server)).toEqual([]);
    expect(server.state.bindLock?.worker).toBe(0);
    server.send({ type: "worker-bound", worker: 0, addresses: [ADDRESS] });
    expect(server.phases).toBe("0:ready");
  });

  test("with growing waits, as long as somebody else has the address", () => {
    const server = inGap();
    server.crash(1);
    const lost = { type: "worker-failed", worker: 0, reason: "the address is in use" } as const;
    server.take();
    server.send(lost);
    expect(types(server)).toEqual(["bind"]);
    server.send(lost);
    expect(types(server)).toEqual([]);
    server.pass(499);
    expect(types(server)).toEqual([]);
    server.pass(1);
    expect(types(server)).toEqual(["bind"]);
    server.send(lost).pass(1000);
    expect(types(server)).toEqual(["bind"]);
    server.send({ type: "worker-bound", worker: 0, addresses: [ADDRESS] });
    expect(server.phases).toBe("0:ready");
  });
});

const refused = (): Scenario => {
  const server = serving();
  server.written = { ...server.written, rollout: { ...PLAIN, hasVerify: true } };
  server.reload().obey(...START, "release-listener", "bind");
  expect(server.phases).toBe("0:ready 1:ready");
  server.take();
  return server.send({ type: "verified", generation: 1, stage: "ready", problem: "no" });
};

describe("where addresses are not shared", () => {
  test("a worker that keeps its listener for the time of a drain is killed, and the new one serves", () => {
    const server = serving();
    server.reload().obey("load-config", "spawn");
    server.take();
    server.pass(SETTINGS.reloadTimeoutMs - 1);
    expect(types(server)).toEqual([]);
    server.pass(1);
    expect(server.take()).toContainEqual({ type: "kill", worker: 0 });
    server.obey("kill", "bind");
    expect(server.phases).toBe("1:ready");
  });

  test("a version that is refused and hangs is ended soon, and the old one listens again", () => {
    const server = refused();
    expect(types(server)).toEqual(["end-verify", "drain", "release-listener"]);
    server.pass(RELEASE_TIMEOUT_MS - 1);
    expect(types(server)).toEqual([]);
    server.pass(1);
    const effects = server.take();
    expect(effects).toContainEqual({ type: "kill", worker: 1 });
    expect(effects).toContainEqual(
      expect.objectContaining({
        level: "warn",
        message: "Worker 1 (generation 1) did not stop listening in time — killed",
      }),
    );
    server.obey("kill", "bind");
    expect(server.state.workers.get(0)?.listeners.get(ADDRESS)).toEqual({ name: "open" });
  });

  test("one that is refused and lets go has the time of a drain for its requests", () => {
    const server = refused().obey("release-listener", "bind");
    expect(server.state.workers.get(0)?.listeners.get(ADDRESS)).toEqual({ name: "open" });
    server.pass(SETTINGS.reloadTimeoutMs - 1);
    expect(server.phases).toBe("0:ready 1:draining");
  });

  test("at a stop nobody waits for the address: each has the time of its drain", () => {
    for (const server of [serving(), refused()]) {
      server.stop("graceful").take();
      server.pass(SETTINGS.shutdownTimeoutMs - 1);
      expect(types(server)).toEqual([]);
    }
  });

  test("a crash while the address changes hands does not spawn another old worker", () => {
    const server = inGap();
    server.crash(0);
    expect(types(server)).not.toContain("spawn");
    server.obey("bind");
    expect(server.phases).toBe("1:ready");
  });

  test("a worker that crashes is replaced, and the next one listens", () => {
    const server = serving();
    server.crash(0).obey(...START);
    expect(server.phases).toBe("1:ready");
    expect(server.state.workers.get(1)?.listeners.size).toBe(1);
  });

  test("a stop has every listener released at once", () => {
    const server = serving();
    server.stop("graceful");
    expect(types(server)).toEqual(["drain", "release-listener", "health"]);
    server.obey(...END);
    expect(server.state.exited).toBe(true);
  });

  test("a stop in the gap ends both workers", () => {
    const server = inGap();
    server.stop("graceful");
    server.obey("bind", ...END);
    expect(server.state.exited).toBe(true);
    expect(server.state.exitCode).toBe(0);
  });

  test("more workers are refused, with the reason", () => {
    const server = serving();
    server.scale(1).scale(-1);
    server.send({ type: "scale-requested", to: 3, by: "a scale command" });
    const log = server.takeLog();
    expect(log).toHaveLength(3);
    for (const line of log) {
      expect(line).toMatch(/^\[WARN\] .* refused: on this system only one worker can listen/);
    }
    expect(server.state.generations.get(0)?.target).toBe(1);
  });
});
