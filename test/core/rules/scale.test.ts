// More or fewer workers until the next reload: TTIN, TTOU, and the `scale` command.

import { describe, expect, test } from "bun:test";
import { MAX_WORKERS } from "../../../src/core/rules/scale.ts";
import { ONE_WORKER, refusal } from "../../../src/core/messages.ts";
import { initialState } from "../../../src/core/state.ts";
import { ADDRESS, END, Scenario, serving, START, steered, VERSION } from "../scenario.ts";

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

  test("down closes WebSockets one after another, as the server goes on", () => {
    const [order] = serving().scale(-1).takeOnly("drain");
    expect(order).toMatchObject({ worker: 1, reason: "stop", webSockets: "paced" });
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
      "[ERROR] Worker 1 (generation 0) exited unexpectedly: signal SIGSEGV",
    ]);
    expect(server.phases).toBe("2:spawning");
  });
});

/** A generation that has been scaled as far as it goes. */
function scaledToTheMost(): Scenario {
  const server = serving();
  const generation = server.state.generations.get(0);
  if (generation === undefined) throw new Error("generation 0 is not there");
  const generations = new Map([[0, { ...generation, target: MAX_WORKERS }]]);
  server.state = { ...server.state, generations };
  return server;
}

/** One worker listens at a time. */
function solo(): Scenario {
  const server = new Scenario({ workers: 1 });
  server.state = initialState(server.written, VERSION, "solo");
  return server.send({ type: "tick" }).obey(...START);
}

const reloading = (): Scenario => serving().reload();
const handingOver = (): Scenario => serving().handOver();

describe("a scaling is refused, and the log and the answer say the same,", () => {
  const { leastWorkers, mostWorkers } = refusal;
  const cases: readonly [string, () => Scenario, "one-more" | "one-fewer" | number, string][] = [
    ["below one worker", () => serving({ workers: 1 }), "one-fewer", leastWorkers],
    ["to none", serving, 0, leastWorkers],
    ["above the most", scaledToTheMost, "one-more", mostWorkers(MAX_WORKERS)],
    ["to more than the most", serving, MAX_WORKERS + 1, mostWorkers(MAX_WORKERS)],
    ["to more where one worker listens", solo, "one-more", ONE_WORKER],
    ["to fewer where one worker listens", solo, "one-fewer", ONE_WORKER],
    ["to 2 where one worker listens", solo, 2, ONE_WORKER],
    ["at the start", () => new Scenario().send({ type: "tick" }), 3, refusal.starting],
    [
      "by one at the start",
      () => new Scenario().send({ type: "tick" }),
      "one-more",
      refusal.starting,
    ],
    ["during a stop", () => serving({ shutdownDelayMs: 9 }).stop("graceful"), 3, refusal.stopping],
    ["during a reload", reloading, 3, refusal.scaleDuringReload],
    ["by one during a reload", reloading, "one-more", refusal.scaleDuringReload],
    ["during a handover", handingOver, 3, refusal.scaleDuringHandover],
    ["by one during a handover", handingOver, "one-fewer", refusal.scaleDuringHandover],
  ];
  for (const [when, make, to, reason] of cases) {
    test(when, () => {
      const server = make();
      const { generations } = server.state;
      server.take();
      server.send({ type: "scale-requested", to, by: "somebody", id: 7 });
      const effects = server.take().filter(({ type }) => type !== "spawn");
      expect(effects).toEqual([
        {
          type: "log",
          level: "warn",
          event: "scale-refused",
          message: `Received somebody — refused: ${reason}`,
          fields: { by: "somebody", reason },
        },
        { type: "answer", id: 7, ok: false, reason },
      ]);
      expect(server.state.generations).toEqual(generations);
    });
  }
});

test("a scaling during the drain of a reload is done, as the new generation serves", () => {
  const server = steered().scale(1);
  expect(server.phases).toEndWith("2:ready 3:ready 4:spawning");
});

test("a reload goes back to what is configured", () => {
  const server = serving()
    .scale(1)
    .obey(...START);
  server.reload().obey(...START, ...END);
  expect(server.takeLog()).toContain(
    "[INFO] Graceful reload complete. Running 2 worker(s) on generation 1",
  );
});

const scaleTo = (to: number, id: number) =>
  ({ type: "scale-requested", to, by: "a scale command", id }) as const;

describe("a scale command is answered", () => {
  test("when as many workers serve", () => {
    const server = serving().send(scaleTo(3, 1));
    expect(server.takeOnly("answer")).toEqual([]);
    server.obey(...START);
    expect(server.takeOnly("answer")).toEqual([{ type: "answer", id: 1, ok: true, workers: 3 }]);
  });

  test("at once when they do already, or when the surplus drains", () => {
    const server = serving().send(scaleTo(2, 1)).send(scaleTo(1, 2));
    expect(server.takeOnly("answer")).toMatchObject([
      { id: 1, ok: true, workers: 2 },
      { id: 2, ok: true, workers: 1 },
    ]);
  });

  test("with the number that serves, when another one came after it", () => {
    const server = serving().send(scaleTo(3, 1)).send(scaleTo(4, 2));
    expect(server.takeOnly("answer")).toEqual([]);
    server.obey(...START);
    expect(server.takeOnly("answer")).toMatchObject([
      { id: 1, ok: true, workers: 4 },
      { id: 2, ok: true, workers: 4 },
    ]);
  });

  test("with no after two crashes, and it is tried on", () => {
    const server = serving().send(scaleTo(3, 1)).crash(2);
    expect(server.takeOnly("answer")).toEqual([]);
    server.crash(3);
    const reason = "only 2 of 3 workers are ready: the others keep crashing; see the log";
    expect(server.takeOnly("answer")).toEqual([{ type: "answer", id: 1, ok: false, reason }]);
    server.pass(500).obey(...START);
    expect(server.phases).toBe("0:ready 1:ready 4:ready");
  });

  test("with no after twice startup_timeout", () => {
    const server = serving({ workers: 1, startupTimeoutMs: 1000 })
      .crash(0)
      .obey(...START);
    server.pass(1).send(scaleTo(2, 1)).pass(1000).obey("kill").pass(999);
    expect(server.takeOnly("answer")).toEqual([]);
    const reason = "only 1 of 2 workers are ready after 2s; see the log";
    expect(server.pass(1).takeOnly("answer")).toMatchObject([{ id: 1, ok: false, reason }]);
  });

  const ends: readonly [string, (server: Scenario) => Scenario, string][] = [
    ["a stop begins", (server) => server.stop("graceful"), refusal.stopping],
    ["a reload begins", (server) => server.reload(), refusal.scaleOverruled],
  ];
  for (const [what, happens, reason] of ends) {
    test(`with no when ${what}`, () => {
      const server = happens(serving().send(scaleTo(3, 1)));
      expect(server.takeOnly("answer")).toEqual([{ type: "answer", id: 1, ok: false, reason }]);
    });
  }
});
