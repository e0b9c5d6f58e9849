// More or fewer workers until the next reload: TTIN, TTOU, and the `scale` command.

import type { Answer } from "../effects.ts";
import type { EventOf } from "../events.ts";
import { message, refusal } from "../messages.ts";
import { answer, expectAnswer } from "../moves/answers.ts";
import { retireWorker } from "../moves/workers.ts";
import {
  canGrow,
  isBusyHandingOver,
  isStarting,
  isStopping,
  readyOf,
  rollingOf,
  servingGeneration,
} from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Command, State } from "../state.ts";
import type { Turn } from "../turn.ts";

/** No machine wants more processes of one app: a larger number was meant for another key. */
export const MAX_WORKERS = 1024;

/**
 * After this many crashes the command is answered: workers are respawned after ever longer waits.
 */
const CRASHES_BEFORE_ANSWER = 2;

export function onScaleRequested(turn: Turn, { to, by, id }: EventOf<"scale-requested">): void {
  const generation = servingGeneration(turn.state);
  const target = targetOf(to, generation?.target ?? 0);
  const reason = whyNotScale(turn.state, target);
  if (reason !== undefined) {
    turn.log("warn", "scale-refused", message.refused(by, reason), { by, reason });
    return answer(turn, id, { ok: false, reason });
  }
  if (generation === undefined) throw new Error("nothing serves");
  const { number, settings } = generation;
  const { scaledFrom = generation.target } = generation;
  const isMore = target > scaledFrom;
  turn.putGeneration({ ...generation, target, scaledFrom: isMore ? scaledFrom : undefined });
  const about = { generation: number, workers: target, by };
  turn.log("info", "scaling", message.scaling(by, target), about);
  // Time for a worker to start, and for another to replace it.
  const deadlineMs = turn.now + 2 * settings.startupTimeoutMs;
  expectAnswer(turn, id, { name: "scale", generation: number, sinceMs: turn.now, deadlineMs });
}

function targetOf(to: EventOf<"scale-requested">["to"], now: number): number {
  if (to === "one-more") return now + 1;
  return to === "one-fewer" ? now - 1 : to;
}

/** Why the server cannot have `target` workers; `undefined` when it can. */
function whyNotScale(state: State, target: number): string | undefined {
  if (isStopping(state)) return refusal.stopping;
  if (state.serving === undefined) return refusal.starting;
  if (state.rollout.name !== "none") return refusal.scaleDuringReload;
  if (isBusyHandingOver(state)) return refusal.scaleDuringHandover;
  const { oneWorkerOnly } = sharingOf(state);
  if (target !== 1 && oneWorkerOnly !== undefined) return oneWorkerOnly;
  if (target < 1) return refusal.leastWorkers;
  const serving = servingGeneration(state);
  if (serving?.isForeign === true) return refusal.scaleForeign;
  if (serving?.outdated !== undefined && target > serving.target) {
    const { number, outdated, target: wanted } = serving;
    return refusal.scaleOutdated(readyOf(state, number), target, number, outdated, wanted);
  }
  return target > MAX_WORKERS ? refusal.mostWorkers(MAX_WORKERS) : undefined;
}

/**
 * The result of a scaling; `undefined` while it is in progress. Of two scalings the last one
 * counts, and both answers say how many serve then.
 */
export function scaleAnswer(
  { generation, sinceMs, deadlineMs }: Extract<Command, { readonly name: "scale" }>,
  state: State,
  now: number,
): Answer | undefined {
  if (isStopping(state)) return { ok: false, reason: refusal.stopping };
  const serving = servingGeneration(state);
  if (serving?.number !== generation || state.rollout.name !== "none") {
    return { ok: false, reason: refusal.scaleOverruled };
  }
  const { target } = serving;
  const ready = readyOf(state, generation);
  if (ready === target) return { ok: true, workers: target };
  if (serving.outdated !== undefined) {
    const reason = refusal.workersOutdated(ready, target, generation, serving.outdated);
    return { ok: false, reason };
  }
  const crashes = state.respawn.crashesMs.filter((atMs) => atMs >= sinceMs).length;
  if (crashes >= CRASHES_BEFORE_ANSWER) {
    return { ok: false, reason: refusal.workersCrash(ready, target) };
  }
  if (now < deadlineMs) return undefined;
  return { ok: false, reason: refusal.workersLate(ready, target, deadlineMs - sinceMs) };
}

/**
 * A scaling to more that cannot be done, because files have changed, is refused: when they are as
 * before, nobody expects it any more.
 */
export function refuseOutdatedScaling(turn: Turn): void {
  const generation = servingGeneration(turn.state);
  if (generation?.scaledFrom === undefined || turn.state.rollout.name !== "none") return;
  const { number, target, scaledFrom, outdated } = generation;
  const ready = readyOf(turn.state, number);
  if (ready >= target) return turn.putGeneration({ ...generation, scaledFrom: undefined });
  if (outdated === undefined) return;
  turn.putGeneration({ ...generation, target: scaledFrom, scaledFrom: undefined });
  const reason = refusal.scaleOutdated(ready, target, number, outdated, scaledFrom);
  const about = { generation: number, workers: scaledFrom, reason };
  turn.log("warn", "scale-refused", message.scaleUndone(target, reason), about);
  for (const [id, command] of turn.state.commands) {
    if (command.name === "scale") answer(turn, id, { ok: false, reason });
  }
}

/** How many of the slots below `target` have a ready worker. */
function servedSlots(turn: Turn, generation: number, target: number): number {
  const ready = turn.workersOf(generation).filter(({ phase }) => phase.name === "ready");
  return new Set(ready.map(({ slot }) => slot).filter((slot) => slot < target)).size;
}

/**
 * Drains the workers of the serving generation whose slots are no longer wanted. Ready ones keep
 * serving until every wanted slot has a ready worker: the workers that stay may just have crashed.
 * If their slots cannot be filled again, as many stay as are wanted.
 */
export function cullSurplus(turn: Turn): void {
  const generation = servingGeneration(turn.state);
  if (generation === undefined || isStopping(turn.state)) return;
  const { target, settings, number } = generation;
  const surplus = turn.workersOf(number).filter(({ slot }) => slot >= target);
  if (surplus.length === 0) return;
  const isRolling = rollingOf(turn.state) !== undefined;
  const allReady = servedSlots(turn, number, target) === target;
  // Where slots cannot be filled again, or have no room in a rolling reload, workers take the place
  // of those that are missing.
  let tooMany = canGrow(generation) && !isRolling ? 0 : readyOf(turn.state, number) - target;
  for (const worker of surplus.toSorted((a, b) => b.slot - a.slot)) {
    const isReady = worker.phase.name === "ready";
    const mayGo = isReady && (allReady || tooMany-- > 0);
    if (!isStarting(worker) && !mayGo) continue;
    const reason = isRolling ? "reload" : "stop";
    // Others serve on, unlike at a stop of the server.
    retireWorker(turn, worker, reason, settings.reloadTimeoutMs, { webSockets: "paced" });
  }
}
