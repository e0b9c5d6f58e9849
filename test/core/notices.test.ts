// What a service manager hears, from the states that the control loop goes through.

import { describe, expect, test } from "bun:test";
import { NOTHING_NOTIFIED, notices, remainingMs, type Notified } from "../../src/core/notices.ts";
import { END, Scenario, serving, START, steered } from "./scenario.ts";
import { PLAIN } from "./trials.ts";

/** A scenario, and what has been sent in its course. */
class Listener {
  #notified: Notified = NOTHING_NOTIFIED;

  constructor(readonly server: Scenario) {
    this.take();
  }

  /** What there is to tell since the last call. */
  take(): readonly string[] {
    const { notified, messages } = notices(this.#notified, this.server.state, 7n);
    this.#notified = notified;
    return messages;
  }
}

const RELOADING = "RELOADING=1\nMONOTONIC_USEC=7\n";

/** Each: what has happened before, what happens, and what is sent. */
const TABLE: readonly [string, Scenario, (server: Scenario) => unknown, readonly string[]][] = [
  [
    "the begin of a start",
    new Scenario(),
    (server) => server.send({ type: "tick" }),
    ["STATUS=Starting: generation 0 is loading"],
  ],
  [
    "a first worker that has loaded",
    new Scenario().send({ type: "tick" }),
    (server) => server.send({ type: "worker-loaded", worker: 0 }),
    ["STATUS=Starting: generation 0 is starting its workers"],
  ],
  [
    "a start with all workers ready",
    new Scenario().send({ type: "tick" }),
    (server) => server.obey(...START),
    ["READY=1\nSTATUS=Serving with 2 workers on generation 0"],
  ],
  [
    "a start with one worker",
    new Scenario({ workers: 1 }).send({ type: "tick" }),
    (server) => server.obey(...START),
    ["READY=1\nSTATUS=Serving with 1 worker on generation 0"],
  ],
  [
    "a start that fails",
    new Scenario().send({ type: "tick" }),
    (server) => server.send({ type: "worker-failed", worker: 0, reason: "no" }),
    ["STOPPING=1\nSTATUS=Start failed"],
  ],
  [
    "a reload that was asked for during the start",
    new Scenario().send({ type: "tick" }).reload(),
    (server) => server.obey("spawn", "bind"),
    ["READY=1", `${RELOADING}STATUS=Reloading: generation 1 is loading`],
  ],
  ["nothing new", serving(), (server) => server.send({ type: "tick" }), []],
  [
    "a worker that crashed",
    serving(),
    (server) => server.crash(0),
    ["STATUS=Serving with 1 of 2 workers on generation 0"],
  ],
  [
    "the begin of a reload",
    serving(),
    (server) => server.reload(),
    [`${RELOADING}STATUS=Reloading: generation 1 is loading`],
  ],
  [
    "a new generation that has loaded",
    serving().reload().obey("load-config"),
    (server) => server.send({ type: "worker-loaded", worker: 2 }),
    ["STATUS=Reloading: generation 1 is starting its workers"],
  ],
  [
    "a reload whose old generation drains",
    serving().reload(),
    (server) => server.obey(...START),
    ["STATUS=Serving with 2 workers on generation 1; 2 workers are draining"],
  ],
  [
    "a reload that is complete",
    steered(),
    (server) => server.obey(...END),
    ["READY=1\nSTATUS=Serving with 2 workers on generation 1"],
  ],
  [
    "a reload that was rejected",
    serving().reload(),
    (server) => server.send({ type: "config-rejected", generation: 1, reason: "port" }),
    ["READY=1\nSTATUS=Reload failed: generation 1 was rejected; generation 0 keeps serving"],
  ],
  [
    "a rejected reload, when its worker has gone",
    serving().reload().obey("load-config"),
    (server) => server.send({ type: "worker-failed", worker: 2, reason: "no" }).obey(...END),
    ["READY=1\nSTATUS=Reload failed: generation 1 was rejected; generation 0 keeps serving"],
  ],
  [
    "a reload that was rejected, and nobody serves",
    serving({ workers: 1, rollout: { ...PLAIN, strategy: "restart" } })
      .reload()
      .obey("load-config"),
    (server) =>
      server
        .obey(...END)
        .pass(1300)
        .obey(...END)
        .send({ type: "worker-exited", worker: 1, how: "exit code 1" }),
    ["READY=1\nSTATUS=Reload failed: generation 1 was rejected; nobody serves"],
  ],
  [
    "a reload that follows another at once",
    steered(),
    (server) => server.reload(),
    [`${RELOADING}STATUS=Reloading: generation 2 is loading`],
  ],
  [
    "a stop",
    serving(),
    (server) => server.stop("graceful"),
    ["STOPPING=1\nSTATUS=Stopping: 2 workers are draining"],
  ],
  [
    "a stop that is announced first",
    serving({ shutdownDelayMs: 5000 }),
    (server) => server.stop("graceful"),
    ["STOPPING=1\nSTATUS=Stopping: health checks get 503, still serving for shutdown_delay"],
  ],
  [
    "a stop during a reload",
    serving().reload(),
    (server) => server.stop("graceful"),
    ["STOPPING=1\nSTATUS=Stopping: 2 workers are draining"],
  ],
  [
    "the last worker but one that goes",
    serving().stop("graceful"),
    (server) => server.crash(0),
    ["STATUS=Stopping: 1 worker is draining"],
  ],
  [
    "the end",
    serving().stop("graceful"),
    (server) => server.pass(2000).obey(...END),
    ["STATUS=Stopped"],
  ],
];

test.each(TABLE)("%s", (_name, server, happens, notified) => {
  const listener = new Listener(server);
  happens(server);
  expect(listener.take()).toEqual(notified);
  expect(listener.take()).toEqual([]);
});

test("a rejected reload is notified of until the next one begins", () => {
  const server = serving();
  const listener = new Listener(server);
  server.reload();
  listener.take();
  server.send({ type: "config-rejected", generation: 1, reason: "port" });
  expect(listener.take().join()).toContain("Reload failed: generation 1");
  server.send({ type: "tick" });
  expect(listener.take()).toEqual([]);
  server.reload();
  expect(listener.take()).toEqual([`${RELOADING}STATUS=Reloading: generation 2 is loading`]);
  server.obey(...START, ...END);
  expect(listener.take()).toEqual(["READY=1\nSTATUS=Serving with 2 workers on generation 2"]);
});

test("a stop during a handover waits for the end of the successor, and says so", () => {
  const server = serving();
  const listener = new Listener(server);
  server.handOver().stop("graceful");
  expect(listener.take()).toEqual([
    "STOPPING=1\nSTATUS=Stopping: waiting for the new master to exit",
  ]);
});

describe("what is under way may still take", () => {
  const MARGIN_MS = 2000;

  test.each<[string, Scenario, number]>([
    ["nothing, when it serves", serving(), 0],
    ["startup_timeout, at a start", new Scenario().send({ type: "tick" }), 30_000],
    [
      "the wait for a respawn and startup_timeout, at a start with crashes",
      new Scenario()
        .send({ type: "tick" })
        .send({ type: "worker-loaded", worker: 0 })
        .obey("bind")
        .crash(0)
        .send({ type: "worker-loaded", worker: 2 })
        .obey("bind")
        .crash(2),
      30_500,
    ],
    ["its limit and startup_timeout, while the configuration is read", serving().reload(), 60_000],
    ["startup_timeout, while a reload loads", serving().reload().obey("load-config"), 30_000],
    [
      "reload_timeout, while the old generation drains",
      steered({ reloadTimeoutMs: 600_000 }).pass(1000),
      599_000,
    ],
    ["shutdown_timeout, at a stop", serving().stop("graceful"), 20_000],
    [
      "shutdown_delay and shutdown_timeout, at a stop that is announced",
      serving({ shutdownDelayMs: 5000 }).stop("graceful").pass(1000),
      24_000,
    ],
    [
      "what a successor has to end and shutdown_timeout, at a stop that waits for it",
      serving().handOver().stop("graceful"),
      22_000,
    ],
  ])("%s", (_name, { state, nowMs }, expected) => {
    const leftMs = remainingMs(state, nowMs);
    expect(leftMs).toBe(expected === 0 ? 0 : expected + MARGIN_MS);
  });

  test("nothing that could be waited for, when only a worker is left that cannot be killed", () => {
    const server = serving({ shutdownTimeoutMs: 1000 }).stop("graceful").pass(60_000);
    expect(server.phases).toBe("0:stopping 1:stopping");
    expect(remainingMs(server.state, server.nowMs)).toBe(0);
  });
});
