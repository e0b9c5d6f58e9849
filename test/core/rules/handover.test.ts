// A handover as the predecessor decides it: what is kept as it is until then, and what becomes of
// it when its successor fails, or when nobody serves any more.

import { describe, expect, test } from "bun:test";
import { refusal } from "../../../src/core/messages.ts";
import { nextDeadline } from "../../../src/core/rules/deadlines.ts";
import { PROTOCOLS } from "../../../src/core/handover-protocol.ts";
import { BIND_TIMEOUT_MS, SUCCESSOR_GRACE_MS } from "../../../src/core/settings.ts";
import { ADDRESS, END, Scenario, serving, SETTINGS, START, UNWATCHED } from "../scenario.ts";

const HELLO = { type: "successor-said-hello", protocols: PROTOCOLS } as const;
const CLAIM = { type: "successor-claimed" } as const;

/** A predecessor whose successor has been started, and has not said anything. */
function starting(): Scenario {
  const server = serving().handOver().send({ type: "successor-started", pid: 77 });
  server.take();
  return server;
}

/** A predecessor that has offered the server. */
function offering(): Scenario {
  const server = starting().send(HELLO);
  server.take();
  return server;
}

/** The successor ends, with all its processes. */
function fail(server: Scenario): Scenario {
  return server
    .send({ type: "successor-exited", how: "exit code 1" })
    .send({ type: "successor-gone" });
}

/** What is asked for of a successor. */
const OF_SUCCESSOR = /successor|offer|grant/;

/** What has been asked for of the successor since the last time. */
function asked(server: Scenario): string[] {
  return server.take().flatMap(({ type }) => (OF_SUCCESSOR.test(type) ? [type] : []));
}

describe("a predecessor", () => {
  test("pins the programs before it starts the successor", () => {
    const server = serving().handOver();
    expect(server.take()).toEqual([
      expect.objectContaining({ type: "log", event: "handover-started" }),
      { type: "steer", address: ADDRESS, program: [0, 1] },
      { type: "start-successor" },
    ]);
  });

  test("offers the members in the order of the array, and numbers that nobody has used", () => {
    const server = serving()
      .crash(0)
      .obey(...START);
    server.handOver();
    expect(server.takeLog()).toContain(
      "[INFO] Received SIGUSR2 — handing over to the binary on disk",
    );
    server.send({ type: "successor-started", pid: 77 }).send(HELLO);
    expect(server.takeOnly("offer")).toEqual([
      {
        type: "offer",
        protocol: 1,
        inventory: {
          generation: 0,
          nextGeneration: 1,
          nextWorker: 3,
          steering: "kernel",
          workers: [
            { worker: 1, slot: 1 },
            { worker: 2, slot: 0 },
          ],
          groups: [{ address: ADDRESS, members: [1, 2] }],
        },
      },
    ]);
    expect(server.state.nextGeneration).toBe(2);
  });

  test("waits until a reload and its drain have ended, and says so once", () => {
    const server = serving().reload().obey("load-config");
    server.take();
    server.handOver().send({ type: "tick" });
    expect(server.takeLog()).toEqual([
      "[INFO] Received SIGUSR2 — the handover will follow when the current operation has finished",
    ]);
    server.obey("spawn", "bind");
    expect(server.takeOnly("start-successor")).toEqual([]);
    server.obey(...END);
    expect(server.takeOnly("start-successor")).toHaveLength(1);
  });

  test("closes no listener and fills no slot until then, and steers around one that crashed", () => {
    const server = offering().crash(0);
    expect(server.takeDeeds()).toEqual([{ type: "steer", address: ADDRESS, program: [1] }]);
    server.pass(2 * SETTINGS.startupTimeoutMs);
    expect(server.take()).toEqual([]);
  });

  test("makes up for both when the handover has failed, with numbers that nobody has used", () => {
    const server = offering().crash(0);
    server.send({ type: "successor-spawned", number: 4 });
    server.take();
    fail(server);
    const effects = server.take().filter(({ type }) => !OF_SUCCESSOR.test(type));
    expect(effects.slice(0, 2)).toMatchObject([
      { level: "error", message: "The new master (process 77) exited: exit code 1" },
      { level: "error", message: "Handover failed — continuing with this binary" },
    ]);
    expect(effects.slice(2)).toEqual([
      { type: "close-listener", worker: 0, address: ADDRESS, during: [1], after: undefined },
      { type: "spawn", worker: 5, generation: 0, slot: 0 },
    ]);
    server.reload();
    expect(server.state.rollout).toMatchObject({ generation: 2 });
  });

  test("whose last ready worker crashes ends the successor at once, and then replaces its own", () => {
    const server = offering().crash(0);
    expect(asked(server)).toEqual([]);
    server.crash(1);
    expect(server.takeDeeds()).toEqual([{ type: "kill-successor" }]);
    // The claim may have been on its way; the server is not given away any more.
    server.send(CLAIM).send({ type: "tick" });
    expect(server.take()).toEqual([]);
    fail(server);
    expect(server.takeOnly("log").map((entry) => entry.message)).toEqual([
      "Handover abandoned: no worker is left to serve requests",
      "Handover failed — continuing with this binary",
    ]);
  });

  test("whose last ready worker crashed respawns when the successor has ended, and serves", () => {
    const server = offering().crash(0).crash(1);
    server.send({ type: "successor-spawned", number: 4 });
    server.take();
    fail(server);
    const effects = server.take().filter(({ type }) => type !== "log");
    const [first, second, ...rest] = effects.filter(({ type }) => !OF_SUCCESSOR.test(type));
    expect(first).toMatchObject({ type: "close-listener", worker: 0 });
    expect(second).toMatchObject({ type: "close-listener", worker: 1 });
    expect(rest).toEqual([]);
    server.pass(1000).obey(...START);
    expect(server.phases).toBe("5:ready 6:ready");
    expect(server.handOver().takeOnly("start-successor")).toHaveLength(1);
  });

  test("whose only worker crashes leaves the program as it is, for the successor to get nothing", () => {
    const server = serving({ workers: 1 }).handOver();
    expect(server.takeOnly("steer")).toEqual([{ type: "steer", address: ADDRESS, program: [0] }]);
    server.crash(0);
    expect(server.takeOnly("steer")).toEqual([]);
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0]);
  });

  test("that is stopped while it gives a handover up stops when the successor has ended", () => {
    const server = offering().crash(0).crash(1).stop("graceful");
    const types = server.take().map(({ type }) => type);
    expect(types.filter((type) => type === "kill-successor")).toHaveLength(1);
    expect(types).not.toContain("close-listener");
    fail(server);
    expect(server.state.exited).toBe(true);
    expect(server.takeLog()).not.toContain("[ERROR] Handover failed — continuing with this binary");
  });

  test("begins a reload that was asked for in between when the handover has failed", () => {
    const server = offering().reload();
    expect(server.takeLog()).toEqual([
      "[INFO] Received SIGHUP — a handover is in progress; a reload will follow",
    ]);
    fail(server);
    expect(server.takeOnly("load-config")).toHaveLength(1);
  });

  test("grants with all that the successor has to know, and decides nothing any more", () => {
    const server = offering().reload().crash(0);
    server.take();
    server.send(CLAIM);
    expect(server.take()).toEqual([
      { type: "grant", ended: [0], reload: "SIGHUP" },
      expect.objectContaining({ type: "log", event: "handed-over", fields: { pid: 77 } }),
    ]);
    server.crash(1).send({ type: "tick" });
    expect(server.take()).toEqual([]);
    expect(nextDeadline(server.state)).toBeUndefined();
  });

  test("says with the grant whose workers have no room, as it was told last", () => {
    const server = offering();
    for (const worker of [0, 1]) server.send({ type: "worker-full", worker, isFull: true });
    server.crash(1).take();
    server.send(CLAIM);
    expect(server.takeOnly("grant")).toEqual([
      { type: "grant", ended: [1], full: [0], reload: undefined },
    ]);
  });

  test("says with the grant whose workers do not get on", () => {
    const server = offering();
    for (const worker of [0, 1]) {
      server.send({ type: "worker-stalled", worker, forMs: 400, doing: undefined });
    }
    server.send({ type: "worker-got-on", worker: 1 });
    server.take();
    server.send(CLAIM);
    expect(server.takeOnly("grant")).toEqual([
      { type: "grant", ended: [], stalled: [0], reload: undefined },
    ]);
  });

  test("that has granted says of each request whose server it is, and does nothing", () => {
    const server = offering().send(CLAIM);
    server.take();
    server.reload().stop("now").scale(1).handOver();
    const is = "ignored: process 77 is the server now";
    expect(server.takeLog()).toEqual(
      ["SIGHUP", "SIGQUIT", "SIGTTIN", "SIGUSR2"].map((by) => `[WARN] Received ${by} — ${is}`),
    );
    expect(server.state.exited).toBe(false);
  });

  test("that has granted ends when nothing is left to pass on, or nobody to pass it on to", () => {
    const done = offering().send(CLAIM).send({ type: "relay-ended" });
    expect(done.takeOnly("exit")).toEqual([{ type: "exit", code: 0 }]);
    const left = offering().send(CLAIM);
    left.send({ type: "successor-exited", how: "signal SIGKILL" });
    const effects = left.take().slice(-2);
    expect(effects).toMatchObject([{ event: "successor-ended" }, { type: "exit", code: 0 }]);
  });

  test("ignores a second request and a scaling, with a line", () => {
    const server = offering().handOver().scale(1);
    server.send({ type: "scale-requested", to: 5, by: "a scale command" });
    expect(server.takeLog()).toEqual([
      "[WARN] Received SIGUSR2 — ignored: a handover is in progress",
      `[WARN] Received SIGTTIN — refused: ${refusal.scaleDuringHandover}`,
      `[WARN] Received a scale command — refused: ${refusal.scaleDuringHandover}`,
    ]);
  });

  for (const mode of ["graceful", "impatient"] as const) {
    test(`that is stopped (${mode}) ends the successor first, and serves until then`, () => {
      const server = offering().stop(mode);
      expect(asked(server)).toEqual(["stop-successor"]);
      server.send(CLAIM).pass(1000);
      const types = server.take().map(({ type }) => type);
      for (const type of ["grant", "drain", "stop", "close-listener", "exit"]) {
        expect(types).not.toContain(type);
      }
      fail(server).obey(...END);
      server.pass(2000).obey(...END);
      expect(server.state.exited).toBe(true);
    });
  }

  test("that is stopped at once ends the successor first, and its own listeners after that", () => {
    const server = offering().stop("now");
    expect(asked(server)).toEqual(["stop-successor"]);
    server.send(CLAIM).obey(...END);
    server.pass(2000).obey(...END);
    const types = server.take().map(({ type }) => type);
    expect(types).not.toContain("grant");
    expect(types).not.toContain("close-listener");
    expect(types).not.toContain("exit");
    fail(server);
    expect(server.takeOnly("close-listener")).toHaveLength(2);
    expect(server.state.exited).toBe(true);
  });

  test("that stops hands nothing over", () => {
    const server = serving().stop("graceful");
    server.take();
    server.handOver();
    expect(server.takeLog()).toEqual(["[WARN] Received SIGUSR2 — ignored: the server is stopping"]);
  });

  test("that still starts hands over when it serves", () => {
    const server = new Scenario().send({ type: "tick" }).handOver();
    expect(server.takeOnly("start-successor")).toEqual([]);
    server.obey(...START);
    expect(server.takeOnly("start-successor")).toHaveLength(1);
  });
});

describe("a successor", () => {
  const LATE = {
    "that does not say hello": {
      server: starting,
      afterMs: SETTINGS.startupTimeoutMs,
      says: "did not contact this one within 30s (startup_timeout); is it pounce?",
    },
    "that does not claim": {
      server: offering,
      afterMs: 2 * SETTINGS.startupTimeoutMs + BIND_TIMEOUT_MS,
      says: "was not ready within 65s",
    },
  };
  for (const [what, { server: begun, afterMs, says }] of Object.entries(LATE)) {
    test(`${what} in time is ended`, () => {
      const server = begun().pass(afterMs - 1);
      expect(asked(server)).toEqual([]);
      server.pass(1);
      expect(asked(server)).toEqual(["stop-successor"]);
      fail(server);
      expect(server.takeLog()).toEqual([
        `[ERROR] The new master (process 77) ${says}`,
        "[ERROR] Handover failed — continuing with this binary",
      ]);
    });
  }

  test("that speaks another protocol is not offered anything", () => {
    const server = starting().send({ type: "successor-said-hello", protocols: [98, 99] });
    expect(asked(server)).toEqual(["kill-successor"]);
    expect(fail(server).takeLog()[0]).toBe(
      "[ERROR] The new master (process 77) speaks handover protocol 98, 99, this master speaks 1: " +
        "restart the server instead",
    );
  });

  test("that cannot be started is a handover that has failed", () => {
    const server = serving().handOver();
    server.take();
    server.send({ type: "successor-not-started", reason: "Cannot start /x: no such file" });
    expect(server.takeLog()).toEqual([
      "[ERROR] Cannot start /x: no such file",
      "[ERROR] Handover failed — continuing with this binary",
    ]);
    expect(server.state.succession.name).toBe("none");
  });

  test("that fails tells the reason, once all its processes have ended", () => {
    const server = offering().send({ type: "successor-failed", reason: "workers is not a number" });
    expect(asked(server)).toEqual(["stop-successor"]);
    server.send({ type: "successor-exited", how: "exit code 2" });
    expect(asked(server)).toEqual(["kill-successor"]);
    expect(server.state.succession.name).toBe("aborting");
    server.send({ type: "successor-gone" });
    expect(server.takeLog()[0]).toBe("[ERROR] workers is not a number");
  });

  test("that cannot be answered has failed", () => {
    const server = starting().send(HELLO);
    const [effect] = server.takeOnly("offer");
    if (effect === undefined) throw new Error("nothing was offered");
    server.send({ type: "effect-failed", effect, reason: "EMFILE" });
    expect(asked(server)).toEqual(["stop-successor"]);
    const words = fail(server).takeLog()[0];
    expect(words).toBe("[ERROR] Could not reply to the new master: EMFILE");
  });

  test("that does not end when it is asked to is killed, again and again until it has", () => {
    const server = offering().send({ type: "successor-failed", reason: "it said so" });
    server.take();
    for (let time = 0; time < 3; time++) {
      server.pass(SUCCESSOR_GRACE_MS - 1);
      expect(asked(server)).toEqual([]);
      server.pass(1);
      expect(asked(server)).toEqual(["kill-successor"]);
    }
    server.send({ type: "successor-exited", how: "signal SIGKILL" });
    expect(server.state.succession.name).toBe("aborting");
    server.send({ type: "successor-gone" });
    expect(server.state.succession.name).toBe("none");
  });

  test("whose workers may serve, as nothing is steered, has them finish what they have", () => {
    const server = serving();
    server.send({ type: "steering-refused", reason: "EPERM" }).handOver();
    server.send({ type: "successor-started", pid: 77 }).send(HELLO);
    server.take();
    server.send({ type: "successor-exited", how: "exit code 1" });
    server.pass(SETTINGS.shutdownTimeoutMs - 1);
    expect(asked(server)).toEqual([]);
    server.pass(1);
    expect(asked(server)).toEqual(["kill-successor"]);
  });

  test("that is given time is killed at once when nobody serves any more", () => {
    const server = offering().send({ type: "successor-failed", reason: "it said so" });
    server.take();
    server.crash(0).crash(1);
    expect(asked(server)).toEqual(["kill-successor"]);
  });
});

test("a handover is refused where it would do harm, with the reason", () => {
  const server = serving();
  const supervision = { ...UNWATCHED, pid: 1 };
  server.send({ type: "handover-requested", by: "SIGUSR2", supervision });
  expect(server.takeLog()).toEqual([
    "[WARN] Received SIGUSR2 — refused: the container ends with process 1; " +
      "start a new container instead",
  ]);
});
