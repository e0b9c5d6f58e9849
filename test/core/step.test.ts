// The step as a whole: pure, and calm about events that come late, twice, or from the forgotten.

import { describe, expect, test } from "bun:test";
import type { Event } from "../../src/core/events.ts";
import { step } from "../../src/core/step.ts";
import { ADDRESS, END, Scenario, serving, SETTINGS, START, started, steered } from "./scenario.ts";

const unfinished = { connections: 0, inFlight: 0, oldest: undefined };

const sayings = (worker: number): Event[] => [
  started(worker),
  { type: "worker-loaded", worker },
  { type: "worker-bound", worker, addresses: [ADDRESS] },
  { type: "worker-ready", worker },
  { type: "worker-failed", worker, reason: "late" },
  { type: "worker-uncaught", worker, error: "thrown" },
  { type: "worker-idle", worker },
  { type: "listener-released", worker, address: ADDRESS },
  { type: "worker-forced", worker, unfinished },
  { type: "worker-exited", worker, how: "exit code 0" },
];

describe("a step", () => {
  test("gives the same for the same, and leaves its state alone", () => {
    const { state, nowMs } = serving().reload().obey("load-config", "spawn");
    const copy = structuredClone(state);
    const event = { type: "worker-exited", worker: 2, how: "signal SIGKILL" } as const;
    expect(step(state, event, nowMs)).toEqual(step(state, event, nowMs));
    expect(state).toEqual(copy);
  });

  test("finds nothing to do at rest", () => {
    const server = serving();
    const { state } = server;
    server.send({ type: "tick" });
    expect(server.take()).toEqual([]);
    expect(server.state).toEqual(state);
  });

  test("begins the server at the first event, whichever it is", () => {
    const server = new Scenario().reload();
    expect(server.takeOnly("spawn")).toHaveLength(1);
    server.obey(...START);
    expect(server.state.serving).toBe(1);
  });
});

describe("an event is without effect", () => {
  for (const event of sayings(99)) {
    test(`${event.type} of a worker that was never there`, () => {
      const server = serving().send(event);
      expect(server.take()).toEqual([]);
    });
  }

  for (const event of sayings(0)) {
    test(`${event.type} of a worker that has ended while somebody binds`, () => {
      const server = serving().reload().obey("load-config", "spawn").crash(0);
      server.take();
      server.send(event);
      expect(server.take()).toEqual([]);
      expect(server.phases).toStartWith("0:exited");
    });
  }

  const late: readonly Event[] = [
    { type: "config-loaded", generation: 0, settings: serving().state.settings, warnings: [] },
    { type: "config-rejected", generation: 0, reason: "late" },
  ];
  for (const event of late) {
    test(`${event.type} at rest`, () => {
      const server = serving().send(event);
      expect(server.take()).toEqual([]);
      expect(server.phases).toBe("0:ready 1:ready");
    });
  }
});

describe("a worker is replaced, and drains then, that says while it serves", () => {
  for (const event of sayings(0)) {
    if (event.type === "worker-exited" || event.type === "worker-uncaught") continue;
    test(event.type, () => {
      const server = serving().send(event);
      const effects = server.take();
      expect(effects[0]).toMatchObject({ type: "log", level: "error", event: "worker-failed" });
      expect(effects).toContainEqual({ type: "spawn", worker: 2, generation: 0, slot: 0 });
      expect(server.phases).toBe("0:ready 1:ready 2:spawning");
      expect(server.obey(...START).phases).toBe("0:draining 1:ready 2:ready");
    });
  }

  test("with a line that says what cannot be", () => {
    const server = serving().send({ type: "worker-idle", worker: 0 });
    expect(server.takeLog()[0]).toBe(
      '[ERROR] Worker 0 (generation 0) sent "worker-idle", which is not valid while it is ready',
    );
  });
});

/** A reload whose workers have loaded the app and are to bind. */
function binding(): Scenario {
  return serving().reload().obey("load-config", "spawn");
}

describe("what a worker says cannot be right", () => {
  test("of a bind that nobody asked for: the version is rejected", () => {
    const server = binding();
    expect(server.phases).toBe("0:ready 1:ready 2:binding 3:binding");
    server.send({ type: "worker-bound", worker: 3, addresses: [ADDRESS] });
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "rejected" }]);
  });

  test("of a second bind", () => {
    const server = binding().obey("bind").reload().obey("load-config", "spawn");
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    expect(server.takeLog()).toContain(
      '[ERROR] Worker 2 (generation 1) sent "worker-bound", which is not valid while it is ready',
    );
  });

  test("of a listener that it was not asked to release", () => {
    const server = serving().send({
      type: "listener-released",
      worker: 0,
      address: ADDRESS,
    });
    expect(server.takeOnly("spawn")).toEqual([
      { type: "spawn", worker: 2, generation: 0, slot: 0 },
    ]);
  });
});

describe("a worker that is idle and told to end is killed", () => {
  for (const [needsTime, afterMs] of [
    [false, 1000],
    [true, SETTINGS.reloadTimeoutMs],
  ] as const) {
    test(`after ${afterMs} ms ${needsTime ? "with" : "without"} signal handlers of its app`, () => {
      const server = serving().scale(-1);
      server.send({ type: "worker-idle", worker: 1, needsTime });
      expect(server.pass(afterMs - 1).takeOnly("kill")).toEqual([]);
      expect(server.pass(1).takeOnly("kill")).toEqual([{ type: "kill", worker: 1 }]);
    });
  }
});

describe("a worker that ends", () => {
  test("while it is stopped by force is gone, whether or not it told what it was doing", () => {
    const server = steered({ workers: 1 }).pass(30_000);
    server.take();
    server.crash(0);
    expect(server.phases).toBe("1:ready");
    expect(server.takeLog()).toEqual([
      "[WARN] Worker 0 (generation 0) did not become idle after 30s — forcing shutdown " +
        "(it does not answer)",
      "[INFO] Graceful reload complete. Running 1 worker(s) on generation 1",
    ]);
  });

  test("while it drains is reported, and not replaced", () => {
    const server = steered({ workers: 1 });
    server.take();
    server.crash(0);
    expect(server.takeLog()).toEqual([
      "[WARN] Worker 0 (generation 0) exited unexpectedly: signal SIGSEGV",
      "[INFO] Graceful reload complete. Running 1 worker(s) on generation 1",
    ]);
    expect(server.takeOnly("spawn")).toEqual([]);
  });

  test("in every phase is forgotten, with its listeners", () => {
    const server = steered().scale(1).obey("spawn").crash(0);
    server.crash(4).obey(...END, ...START);
    server.pass(60_000).obey(...END, ...START);
    const { members } = server.state.groups.get(ADDRESS) ?? { members: [] };
    expect(members.toSorted()).toEqual([...server.state.workers.keys()].toSorted());
    expect([...server.state.workers.values()].every((w) => w.phase.name === "ready")).toBe(true);
  });
});
