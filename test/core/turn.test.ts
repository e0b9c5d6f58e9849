// A turn works on a draft: the state it was opened with stays as it was.

import { describe, expect, test } from "bun:test";
import { initialState, type Worker } from "../../src/core/state.ts";
import { Turn } from "../../src/core/turn.ts";
import { ADDRESS, SETTINGS, VERSION } from "./scenario.ts";

const worker: Worker = {
  id: 4,
  generation: 2,
  slot: 0,
  phase: { name: "ready" },
  listeners: new Map(),
};

describe("a turn", () => {
  test("never touches the state it was given", () => {
    const given = initialState(SETTINGS, VERSION);
    const turn = new Turn(given, 0);
    turn.putWorker(worker);
    turn.putGroup(ADDRESS, { members: [4], program: undefined });
    turn.set({ reloadWantedBy: "SIGHUP" });
    expect(given).toEqual(initialState(SETTINGS, VERSION));
    expect(turn.state.workers.get(4)).toBe(worker);
    expect(turn.state.reloadWantedBy).toBe("SIGHUP");
  });

  test("replaces a row rather than changing it", () => {
    const turn = new Turn(initialState(SETTINGS, VERSION), 0);
    turn.putWorker(worker);
    turn.setPhase(4, { name: "exited" });
    expect(turn.worker(4).phase.name).toBe("exited");
    expect(worker.phase.name).toBe("ready");
  });

  test("keeps effects in the order they were asked for", () => {
    const turn = new Turn(initialState(SETTINGS, VERSION), 0);
    turn.log("info", "stopped", "first");
    turn.emit({ type: "kill", worker: 4 });
    expect(turn.effects).toEqual([
      { type: "log", level: "info", event: "stopped", message: "first" },
      { type: "kill", worker: 4 },
    ]);
  });

  test("forgets an accept group that has no member left", () => {
    const turn = new Turn(initialState(SETTINGS, VERSION), 0);
    turn.putGroup(ADDRESS, { members: [4], program: undefined });
    turn.putGroup(ADDRESS, { members: [], program: undefined });
    expect(turn.state.groups.size).toBe(0);
  });

  test("finds the workers of a generation", () => {
    const turn = new Turn(initialState(SETTINGS, VERSION), 0);
    turn.putWorker(worker);
    turn.putWorker({ ...worker, id: 5, generation: 3 });
    expect(turn.workersOf(2)).toEqual([worker]);
    turn.forgetWorker(4);
    expect(turn.workersOf(2)).toEqual([]);
  });

  test("throws at rows that are not there: the rules never ask for one", () => {
    const turn = new Turn(initialState(SETTINGS, VERSION), 0);
    expect(() => turn.worker(9)).toThrow("worker 9 is not known");
    expect(() => turn.generation(9)).toThrow("generation 9 is not known");
  });
});
