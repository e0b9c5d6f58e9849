// When the next deadline comes in each phase, and what happens when it has come.

import { describe, expect, test } from "bun:test";
import { nextDeadline } from "../../../src/core/rules/deadlines.ts";
import { LINGER_MS } from "../../../src/core/settings.ts";
import { Scenario, serving, SETTINGS, START, steered } from "../scenario.ts";

/** Each: a state, and how long it waits at most. */
const waits: readonly [string, () => Scenario, number | undefined][] = [
  ["a server at rest waits for nothing", () => serving(), undefined],
  ["a spawned worker: startup_timeout", () => new Scenario().send({ type: "tick" }), 30_000],
  ["a configuration: its own limit", () => serving().reload(), 30_000],
  ["a bind: its own limit", () => serving().reload().obey("load-config", "spawn"), 5000],
  ["a drain: reload_timeout", () => steered(), 30_000],
  [
    "a quiet listener: longer than a silent connection waits",
    () => serving().stop("graceful"),
    LINGER_MS,
  ],
  ["a worker told to end: the grace", () => serving({ workers: 1 }).scale(1).scale(-1), 1000],
  ["a kill: the grace, again", () => serving().stop("now"), 1000],
  [
    "an announced stop: shutdown_delay",
    () => serving({ shutdownDelayMs: 700 }).stop("graceful"),
    700,
  ],
  ["a respawn: the backoff", () => backingOff(), 500],
  ["an exited server waits for nothing", () => serving().stop("now").obey("kill"), undefined],
];

/** A worker has crashed, and the one in its place before it said anything. */
function backingOff(): Scenario {
  return serving().crash(0).crash(2);
}

describe("the next deadline of", () => {
  for (const [claim, reach, afterMs] of waits) {
    test(claim, () => {
      const server = reach();
      expect(nextDeadline(server.state)).toBe(
        afterMs === undefined ? undefined : server.nowMs + afterMs,
      );
    });
  }
});

describe("before its deadline nothing happens, and at it", () => {
  const dues: readonly [string, () => Scenario, number, object][] = [
    [
      "a worker that is not ready is killed",
      () => new Scenario().send({ type: "tick" }),
      30_000,
      { type: "kill", worker: 0 },
    ],
    ["a draining worker is forced", () => steered(), 30_000, { type: "force", worker: 0 }],
    [
      "a worker that was told to end is killed",
      () => serving().scale(-1).obey("drain"),
      1000,
      { type: "kill", worker: 1 },
    ],
    ["a kill is repeated", () => serving().stop("now"), 1000, { type: "kill", worker: 0 }],
    [
      "a crashed worker is replaced",
      backingOff,
      500,
      { type: "spawn", worker: 3, generation: 0, slot: 0 },
    ],
  ];
  for (const [claim, reach, afterMs, effect] of dues) {
    test(claim, () => {
      const server = reach();
      server.take();
      server.nowMs += afterMs - 1;
      server.send({ type: "tick" });
      expect(server.take()).toEqual([]);
      server.nowMs += 1;
      server.send({ type: "tick" });
      expect(server.take()).toContainEqual(effect as never);
    });
  }
});

describe("a worker that was told to end and does not", () => {
  test("is reported in the log, once", () => {
    const server = serving().scale(-1).obey("drain");
    server.take();
    server.pass(5000);
    expect(server.takeLog()).toEqual([
      "[WARN] Worker 1 (generation 0) did not exit when asked to — killed",
    ]);
  });

  test("after its drain is reported, with what it was doing unknown", () => {
    const server = steered({ workers: 1 });
    server.take();
    server.pass(33_000);
    expect(server.takeLog()).toEqual([
      "[WARN] Worker 0 (generation 0) did not become idle after 30s — forcing shutdown " +
        "(it does not answer)",
    ]);
  });
});

test("a tick that comes late acts on every deadline that has passed, at once", () => {
  const server = serving({ respawn: { ...SETTINGS.respawn, backoffMinMs: 100 } });
  server
    .reload()
    .obey(...START)
    .crash(2)
    .crash(3);
  server.take();
  server.nowMs += 40_000;
  server.send({ type: "tick" });
  const types = server.take().map(({ type }) => type);
  expect(types.filter((type) => type === "force")).toHaveLength(2);
  expect(types).toContain("kill");
  expect(nextDeadline(server.state)).toBeGreaterThan(server.nowMs);
});
