// Workers that are well, and are replaced nevertheless, because they have reached a limit of
// `[recycle]`: that heals what leaks. It costs no request, and must not disturb anything else: only
// one worker at a time, the new one before the old one drains, and never while a new version comes
// up, is on trial, or the server is handed over or stops. It is no crash: nobody waits for it.

import type { EventOf, Measured } from "../events.ts";
import { aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import { canGrow, emptySlots, phaseOf, servingGeneration } from "../predicates.ts";
import { LEAST_AGE_MS, type RecycleSettings } from "../settings.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Generation, State, Worker, Worn } from "../state.ts";
import type { Turn } from "../turn.ts";

export function onWorkersMeasured(turn: Turn, { workers }: EventOf<"workers-measured">): void {
  for (const measured of workers) {
    const worker = turn.state.workers.get(measured.worker);
    if (worker?.phase.name !== "ready" || worker.worn !== undefined) continue;
    const { recycle } = turn.generation(worker.generation).settings;
    const worn = recycle && wornBy(recycle, measured);
    if (worn !== undefined) turn.putWorker({ ...worker, worn });
  }
}

function wornBy(limits: RecycleSettings, measured: Measured): Worn | undefined {
  const { maxRequests, maxRequestsJitter, maxRssBytes, maxLifetimeMs } = limits;
  const { requests, rssBytes, ageMs, luck } = measured;
  if (maxRequests > 0 && requests >= maxRequests + luck * maxRequestsJitter) {
    return { why: "requests", words: message.wornRequests(requests) };
  }
  if (maxRssBytes > 0 && rssBytes >= maxRssBytes && ageMs >= LEAST_AGE_MS) {
    return { why: "rss", words: message.wornRss(rssBytes) };
  }
  return maxLifetimeMs > 0 && ageMs >= maxLifetimeMs
    ? { why: "lifetime", words: message.wornLifetime(ageMs) }
    : undefined;
}

/** Asks for the replacement of the next worker that is worn, if now is the time. */
export function replaceWorn(turn: Turn): void {
  const generation = servingGeneration(turn.state);
  if (generation === undefined || !isQuiet(turn.state, generation)) return;
  const worn = [...turn.state.workers.values()].find((worker) => worker.worn !== undefined);
  if (worn?.worn === undefined || worn.phase.name !== "ready") return;
  const { id, phase } = worn;
  const { why, words } = worn.worn;
  const problem = whyNot(turn.state, generation);
  if (problem !== undefined) return putOff(turn, worn, problem);
  turn.setPhase(id, { ...phase, recycle: "wanted" });
  turn.log("info", "worker-recycled", message.worn(id, generation.number, words), {
    ...aboutWorker(worn),
    why,
  });
}

const isSettled = ({ phase }: Worker): boolean =>
  phase.name === "ready" && phase.recycle !== "wanted";

/** Every slot is filled, and nothing is under way: no worker comes or goes, not even an old one. */
function isQuiet(state: State, generation: Generation): boolean {
  const { bake, succession, workers } = state;
  const isBusy = bake !== undefined || succession.name !== "none";
  if (isBusy || phaseOf(state) !== "serving") return false;
  return [...workers.values()].every(isSettled) && emptySlots(state, generation).length === 0;
}

/** Why nobody can take the worker's place; `undefined`: somebody can. */
function whyNot(state: State, generation: Generation): string | undefined {
  const { outdated, number } = generation;
  if (outdated !== undefined) return message.filesChanged(outdated, number);
  if (!canGrow(generation)) return message.foreign;
  return sharingOf(state).oneWorkerOnly;
}

/** It serves on. The log says so once for all of its generation. */
function putOff(turn: Turn, worker: Worker, why: string): void {
  const { id, generation, phase } = worker;
  const isTold = turn
    .workersOf(generation)
    .some((it) => it.phase.name === "ready" && it.phase.recycle === "put-off");
  if (phase.name !== "ready" || phase.recycle === "put-off") return;
  turn.setPhase(id, { ...phase, recycle: "put-off" });
  if (isTold) return;
  const words = message.recyclePutOff(id, generation, why);
  turn.log("warn", "recycle-put-off", words, { ...aboutWorker(worker), reason: why });
}
