// The transitions of one worker, each from every phase.

import { describe, expect, test } from "bun:test";
import { initialState, type Phase } from "../../../src/core/state.ts";
import { Turn } from "../../../src/core/turn.ts";
import {
  forceWorker,
  killWorker,
  retireWorker,
  spawnWorker,
  stopWorker,
  tellForced,
} from "../../../src/core/moves/workers.ts";
import { SETTINGS, VERSION } from "../scenario.ts";

const NOW = 1000;

/** A turn with worker 0 in `phase`. */
function turnWith(phase: Phase): Turn {
  const turn = new Turn(initialState(SETTINGS, VERSION), NOW);
  turn.putGeneration({
    number: 0,
    settings: SETTINGS,
    role: "serving",
    target: 1,
    replaces: undefined,
    open: false,
  });
  turn.putWorker({ id: 0, generation: 0, slot: 0, phase, listeners: new Map() });
  return turn;
}

const stopping = { name: "stopping", deadlineMs: NOW + 1000, killed: false, forced: undefined };

test("a spawned worker has the next id, and startup_timeout to be ready", () => {
  const turn = turnWith({ name: "ready" });
  turn.set({ nextWorker: 7, serving: 0 });
  spawnWorker(turn, 0, 3);
  expect(turn.effects).toEqual([{ type: "spawn", worker: 7, generation: 0, slot: 3 }]);
  expect(turn.worker(7).phase).toEqual({ name: "spawning", deadlineMs: NOW + 30_000 });
  expect(turn.state.nextWorker).toBe(8);
});

describe("retiring", () => {
  const table = {
    spawning: [{ name: "spawning", deadlineMs: 9 }, "kill"],
    loading: [{ name: "loading", deadlineMs: 9 }, "kill"],
    binding: [{ name: "binding", deadlineMs: 9 }, "drain"],
    ready: [{ name: "ready" }, "drain"],
    standby: [{ name: "standby" }, "drain"],
    draining: [{ name: "draining", deadlineMs: 9, timeoutMs: 9 }, undefined],
    stopping: [{ ...stopping, name: "stopping" }, undefined],
    orphaned: [{ name: "orphaned", deadlineMs: 9, timeoutMs: 9 }, undefined],
    exited: [{ name: "exited" }, undefined],
  } satisfies Record<Phase["name"], [Phase, "kill" | "drain" | undefined]>;
  for (const [name, [phase, effect]] of Object.entries(table)) {
    test(`a worker that is ${name} asks for ${effect ?? "nothing"}`, () => {
      const turn = turnWith(phase as Phase);
      retireWorker(turn, turn.worker(0), "reload", 500);
      expect(turn.effects.map(({ type }) => type)).toEqual(effect === undefined ? [] : [effect]);
      if (effect === undefined) expect(turn.worker(0).phase).toEqual(phase as Phase);
    });
  }

  test("gives a drain its deadline", () => {
    const turn = turnWith({ name: "ready" });
    retireWorker(turn, turn.worker(0), "stop", 500, { closeIdle: true });
    const times = { deadlineMs: 1500, timeoutMs: 500 };
    expect(turn.worker(0).phase).toEqual({ name: "draining", ...times, hasServed: true });
    expect(turn.effects).toEqual([
      { type: "drain", worker: 0, reason: "stop", timeoutMs: 500, closeIdle: true },
    ]);
  });
});

describe("ending", () => {
  test("an idle worker leaves it the grace to end", () => {
    const turn = turnWith({ name: "ready" });
    stopWorker(turn, turn.worker(0));
    expect(turn.worker(0).phase).toEqual(stopping as Phase);
    expect(turn.effects).toEqual([{ type: "stop", worker: 0 }]);
  });

  test("by force keeps what the log has to tell, over a kill too", () => {
    const turn = turnWith({ name: "ready" });
    forceWorker(turn, turn.worker(0), 500);
    killWorker(turn, turn.worker(0));
    expect(turn.worker(0).phase).toEqual({
      ...stopping,
      killed: true,
      forced: { timeoutMs: 500, told: false },
    } as Phase);
    expect(turn.effects.map(({ type }) => type)).toEqual(["force", "kill"]);
  });

  test("by force is reported once", () => {
    const turn = turnWith({ name: "ready" });
    forceWorker(turn, turn.worker(0), 500);
    tellForced(turn, turn.worker(0), undefined);
    tellForced(turn, turn.worker(0), undefined);
    expect(turn.effects.map(({ type }) => type)).toEqual(["force", "log"]);
  });

  test("otherwise has nothing to tell", () => {
    const turn = turnWith({ name: "ready" });
    stopWorker(turn, turn.worker(0));
    tellForced(turn, turn.worker(0), undefined);
    expect(turn.effects.map(({ type }) => type)).toEqual(["stop"]);
  });
});
