// The begin of the replacement of a worker that is well, as the log has it.

import type { Effect } from "../../src/core/effects.ts";

/** The worker that is to be replaced because it is worn; `undefined`: the effect is another. */
export function recycledBy(effect: Effect): number | undefined {
  if (effect.type !== "log" || effect.event !== "worker-recycled") return undefined;
  const { worker, why } = effect.fields ?? {};
  // Of one whose app has thrown, no limit is told.
  return why === undefined ? undefined : Number(worker);
}

export function begunIn(effects: readonly Effect[]): number[] {
  return effects.flatMap((effect) => recycledBy(effect) ?? []);
}

/** What says so. */
export function begin(worker: number): Effect {
  const about = { worker, generation: 0, slot: 0, why: "lifetime" };
  return { type: "log", level: "info", event: "worker-recycled", message: "", fields: about };
}
