// What has happened to workers that hang, and to those that are replaced although they are well,
// counted.

import type { Event } from "../../src/core/events.ts";
import { canaryOf, groupsAreFrozen } from "../../src/core/predicates.ts";
import type { State } from "../../src/core/state.ts";

export interface WearTally {
  /** Workers that were seen to hang, that got on again, and that were ended for it. */
  stalled: number;
  gotOn: number;
  hung: number;
  /** Those of them that were seen to hang, by what went on. */
  stalledInTrial: number;
  stalledInRollout: number;
  stalledInStandby: number;
  stalledInDrain: number;
  stalledInHandover: number;
  /** When nobody who takes connections got on. */
  allStalled: number;
  /** Workers that had reached a limit and were to be replaced. */
  worn: number;
  /** Workers that ended or hung meanwhile: the new one, or the old one. */
  newLostInRecycling: number;
  oldLostInRecycling: number;
}

export function newWearTally(): WearTally {
  return {
    stalled: 0,
    gotOn: 0,
    hung: 0,
    stalledInTrial: 0,
    stalledInRollout: 0,
    stalledInStandby: 0,
    stalledInDrain: 0,
    stalledInHandover: 0,
    allStalled: 0,
    worn: 0,
    newLostInRecycling: 0,
    oldLostInRecycling: 0,
  };
}

export function countWear(tally: WearTally, before: State, after: State, event: Event): void {
  if (event.type === "worker-got-on") tally.gotOn += 1;
  if (event.type !== "worker-stalled" && event.type !== "worker-exited") return;
  const worker = before.workers.get(event.worker);
  if (worker === undefined) return;
  const { name } = worker.phase;
  const isNews = event.type === "worker-exited" || worker.isStalled !== true;
  if (isNews && name !== "stopping") countInRecycling(tally, before, worker.id);
  if (event.type === "worker-exited") return;
  if (name !== "stopping" && after.workers.get(worker.id)?.phase.name === "stopping") {
    tally.hung += 1;
  }
  if (worker.isStalled === true) return;
  tally.stalled += 1;
  if (canaryOf(before) !== undefined || before.bake !== undefined) tally.stalledInTrial += 1;
  else if (before.rollout.name !== "none") tally.stalledInRollout += 1;
  if (name === "standby") tally.stalledInStandby += 1;
  if (name === "draining") tally.stalledInDrain += 1;
  if (groupsAreFrozen(before)) tally.stalledInHandover += 1;
  const serving = [...after.workers.values()].filter(
    ({ generation, phase }) => generation === after.serving && phase.name === "ready",
  );
  if (serving.length > 1 && serving.every(({ isStalled }) => isStalled)) tally.allStalled += 1;
}

function countInRecycling(tally: WearTally, { workers }: State, id: number): void {
  const old = [...workers.values()].find(
    ({ worn, phase }) => worn !== undefined && phase.name === "ready" && phase.recycle === "wanted",
  );
  if (old === undefined) return;
  if (old.id === id) tally.oldLostInRecycling += 1;
  if (id > old.id && workers.get(id)?.slot === old.slot) tally.newLostInRecycling += 1;
}
