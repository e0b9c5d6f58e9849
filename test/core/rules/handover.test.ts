// A handover as the old master decides it: what is kept as it is meanwhile, and what becomes of it
// when the new one fails, or when nobody serves any more.

import { describe, expect, test } from "bun:test";
import { refusal } from "../../../src/core/messages.ts";
import { inventoryOf } from "../../../src/core/rules/handover.ts";
import { nextDeadline } from "../../../src/core/rules/deadlines.ts";
import { ADDRESS, END, Scenario, serving, START } from "../scenario.ts";

const REQUEST = { type: "handover-requested", by: "SIGUSR2" } as const;
const FAILURE = { type: "handover-failed", reason: "it ended", nextWorker: 5 } as const;

/** An old master that has offered the server. */
function offering(): Scenario {
  const server = serving().send(REQUEST);
  server.take();
  return server;
}

describe("an old master", () => {
  test("pins the programs before it starts the new one", () => {
    const server = serving().send(REQUEST);
    expect(server.take()).toEqual([
      expect.objectContaining({ type: "log", event: "handover-started" }),
      { type: "steer", address: ADDRESS, program: [0, 1] },
      { type: "hand-over" },
    ]);
  });

  test("offers the members in the order of the array, and numbers that nobody has used", () => {
    const server = serving()
      .crash(0)
      .obey(...START);
    server.send(REQUEST);
    expect(server.takeLog()).toContain(
      "[INFO] Received SIGUSR2 — handing over to the binary on disk",
    );
    expect(inventoryOf(server.state)).toEqual({
      generation: 0,
      nextGeneration: 1,
      nextWorker: 3,
      steering: "kernel",
      workers: [
        { worker: 1, slot: 1 },
        { worker: 2, slot: 0 },
      ],
      groups: [{ address: ADDRESS, members: [1, 2] }],
    });
    expect(server.state.nextGeneration).toBe(2);
  });

  test("waits until a reload and its drain have ended, and says so once", () => {
    const server = serving().reload().obey("load-config");
    server.take();
    server.send(REQUEST).send({ type: "tick" });
    expect(server.takeLog()).toEqual([
      "[INFO] Received SIGUSR2 — the handover follows when what is under way has ended",
    ]);
    server.obey("spawn", "bind");
    expect(server.takeOnly("hand-over")).toEqual([]);
    server.obey(...END);
    expect(server.takeOnly("hand-over")).toHaveLength(1);
  });

  test("closes no listener and fills no slot meanwhile, and steers around one that crashed", () => {
    const server = offering().crash(0);
    expect(server.takeDeeds()).toEqual([{ type: "steer", address: ADDRESS, program: [1] }]);
    server.pass(60_000);
    expect(server.take()).toEqual([]);
    expect(nextDeadline(server.state)).toBeUndefined();
  });

  test("makes up for both when the handover has failed, with numbers that nobody has used", () => {
    const server = offering().crash(0);
    server.take();
    server.send(FAILURE);
    const effects = server.take();
    expect(effects.slice(0, 2)).toMatchObject([
      { level: "error", message: "it ended" },
      { level: "error", message: "Handover failed — continuing with this binary" },
    ]);
    expect(effects.slice(2)).toEqual([
      { type: "close-listener", worker: 0, address: ADDRESS, during: [1], after: undefined },
      { type: "spawn", worker: 5, generation: 0, slot: 0 },
    ]);
    server.reload();
    expect(server.state.rollout).toMatchObject({ generation: 2 });
  });

  test("whose last ready worker crashes ends the new one at once, and then replaces its own", () => {
    const server = offering().crash(0);
    expect(server.takeOnly("abort-handover")).toEqual([]);
    server.crash(1);
    expect(server.takeDeeds()).toEqual([
      { type: "abort-handover", reason: expect.stringContaining("no worker"), atOnce: true },
    ]);
    // The claim may have been on its way; the server is not given away any more.
    server.send({ type: "handover-claimed" }).send({ type: "tick" });
    expect(server.take()).toEqual([]);
    server.send(FAILURE);
    expect(server.takeOnly("log").map((entry) => entry.message)).toEqual([
      "it ended",
      "Handover failed — continuing with this binary",
    ]);
  });

  test("whose last ready worker crashed respawns when the new one has ended, and serves", () => {
    const server = offering().crash(0).crash(1);
    server.take();
    server.send(FAILURE);
    const [first, second, ...rest] = server.take().filter(({ type }) => type !== "log");
    expect(first).toMatchObject({ type: "close-listener", worker: 0 });
    expect(second).toMatchObject({ type: "close-listener", worker: 1 });
    expect(rest).toEqual([]);
    server.pass(1000).obey(...START);
    expect(server.phases).toBe("5:ready 6:ready");
    expect(server.send(REQUEST).takeOnly("hand-over")).toHaveLength(1);
  });

  test("whose only worker crashes leaves the program as it is, for the new one to get nothing", () => {
    const server = serving({ workers: 1 }).send(REQUEST);
    expect(server.takeOnly("steer")).toEqual([{ type: "steer", address: ADDRESS, program: [0] }]);
    server.crash(0);
    expect(server.takeOnly("steer")).toEqual([]);
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([0]);
    expect(nextDeadline(server.state)).toBeUndefined();
  });

  test("that is stopped while it gives a handover up stops when the new one has ended", () => {
    const server = offering().crash(0).crash(1).stop("graceful");
    const types = server.take().map(({ type }) => type);
    expect(types.filter((type) => type === "abort-handover")).toHaveLength(1);
    expect(types).not.toContain("close-listener");
    server.send(FAILURE);
    expect(server.state.exited).toBe(true);
    expect(server.takeLog()).not.toContain("[ERROR] Handover failed — continuing with this binary");
  });

  test("begins a reload that was asked for meanwhile when the handover has failed", () => {
    const server = offering().reload();
    expect(server.takeLog()).toEqual([
      "[INFO] Received SIGHUP — a handover is under way, a reload will follow",
    ]);
    server.send(FAILURE);
    expect(server.takeOnly("load-config")).toHaveLength(1);
  });

  test("decides nothing any more once it has granted", () => {
    const server = offering().reload();
    server.take();
    server.send({ type: "handover-claimed" });
    expect(server.take()).toEqual([{ type: "grant" }]);
    expect(server.state.reloadWantedBy).toBe("SIGHUP");
    server.crash(0).crash(1).stop("now").send(FAILURE).send({ type: "tick" });
    expect(server.take()).toEqual([]);
    expect(nextDeadline(server.state)).toBeUndefined();
  });

  test("ignores a second request and a scaling, with a line", () => {
    const server = offering().send(REQUEST).scale(1);
    server.send({ type: "scale-requested", to: 5, by: "a scale command" });
    expect(server.takeLog()).toEqual([
      "[WARN] Received SIGUSR2 — ignored, a handover is under way",
      `[WARN] Received SIGTTIN — refused: ${refusal.scaleDuringHandover}`,
      `[WARN] Received a scale command — refused: ${refusal.scaleDuringHandover}`,
    ]);
  });

  for (const mode of ["graceful", "impatient"] as const) {
    test(`that is stopped (${mode}) ends the new one first, and serves until then`, () => {
      const server = offering().stop(mode);
      expect(server.takeOnly("abort-handover")).toHaveLength(1);
      server.send({ type: "handover-claimed" }).pass(2000);
      const types = server.take().map(({ type }) => type);
      for (const type of ["grant", "drain", "stop", "close-listener", "exit"]) {
        expect(types).not.toContain(type);
      }
      server.send(FAILURE).obey(...END);
      server.pass(2000).obey(...END);
      expect(server.state.exited).toBe(true);
    });
  }

  test("that is stopped at once ends the new one first, and its own listeners after that", () => {
    const server = offering().stop("now");
    expect(server.takeOnly("abort-handover")).toHaveLength(1);
    server.send({ type: "handover-claimed" }).obey(...END);
    server.pass(2000).obey(...END);
    const types = server.take().map(({ type }) => type);
    expect(types).not.toContain("grant");
    expect(types).not.toContain("close-listener");
    expect(types).not.toContain("exit");
    server.send(FAILURE);
    expect(server.takeOnly("close-listener")).toHaveLength(2);
    expect(server.state.exited).toBe(true);
  });

  test("that stops hands nothing over", () => {
    const server = serving().stop("graceful");
    server.take();
    server.send(REQUEST);
    expect(server.takeLog()).toEqual(["[WARN] Received SIGUSR2 — ignored, the server is stopping"]);
  });

  test("that still starts hands over when it serves", () => {
    const server = new Scenario().send({ type: "tick" }).send(REQUEST);
    expect(server.takeOnly("hand-over")).toEqual([]);
    server.obey(...START);
    expect(server.takeOnly("hand-over")).toHaveLength(1);
  });
});
