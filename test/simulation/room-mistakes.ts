// Control loops that make a mistake about workers that have no room for more connections.

import { step } from "../../src/core/step.ts";
import type { StepFunction } from "./bench.ts";
import { after, deafTo } from "./broken-step.ts";
import { servingReady } from "./checkers/checker.ts";
import { RoomChecker } from "./checkers/room.ts";
import { SharedChecker } from "./checkers/shared.ts";
import type { Mistake } from "./mistake.ts";

/** When the last of them is full, it gets all that comes. */
const leavesTheLast: StepFunction = (state, event, nowMs) => {
  const given = step(state, event, nowMs);
  if (event.type !== "worker-full" || !event.isFull) return given;
  const ready = servingReady(given.state).map((id) => given.state.workers.get(id));
  if (ready.length < 2 || !ready.every((worker) => worker?.isFull === true)) return given;
  const { groups } = state;
  const others = given.effects.filter(({ type }) => type !== "steer");
  return { state: { ...given.state, groups }, effects: others };
};

/** The next worker in the slot of a full one is taken for full, too. */
const inheritsFullness = after(({ state, effects }, before) => {
  const workers = new Map(state.workers);
  for (const effect of effects) {
    if (effect.type !== "spawn") continue;
    const worker = workers.get(effect.worker);
    const fullSlots = [...before.workers.values()].filter(({ isFull }) => isFull === true);
    if (worker === undefined || !fullSlots.some(({ slot }) => slot === worker.slot)) continue;
    workers.set(worker.id, { ...worker, isFull: true });
  }
  return { state: { ...state, workers } };
});

/** A new master knows nothing of what the old one was told. */
const forgetsTheFull: StepFunction = (state, event, nowMs) =>
  step(state, event.type === "takeover-granted" ? { ...event, full: [] } : event, nowMs);

/** By what is wrong with each. */
export const roomMistakes: Readonly<Record<string, Mistake>> = {
  "full worker that gets its share of connections": {
    checker: () => new RoomChecker(),
    step: deafTo((event) => event.type === "worker-full" && event.isFull),
  },
  "worker that has room again, and gets nothing": {
    checker: () => new RoomChecker(),
    step: deafTo((event) => event.type === "worker-full" && !event.isFull),
  },
  "server that is full, whose last worker gets everything": {
    checker: () => new RoomChecker(),
    step: leavesTheLast,
  },
  "new worker that is taken for full because the one before it was": {
    checker: () => new RoomChecker(),
    step: inheritsFullness,
  },
  "fullness that is forgotten in a handover": {
    checker: () => new RoomChecker(),
    step: forgetsTheFull,
  },
  "worker with room that does not accept from a shared socket": {
    checker: () => new SharedChecker(),
    step: deafTo((event) => event.type === "worker-full" && !event.isFull),
    isShared: true,
  },
};
