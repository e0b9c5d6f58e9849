// The life of one worker: spawned, loaded, bound, ready; drained, stopped, gone. Each function
// makes one transition and asks for its effects.

import type { DrainOrder, DrainReason } from "../effects.ts";
import { aboutUnfinished, aboutWorker } from "../log-fields.ts";
import { message } from "../messages.ts";
import { hasServer, isSteered, warmsUpFirst } from "../predicates.ts";
import { KILL_GRACE_MS } from "../settings.ts";
import type { Forced, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { carryTargets } from "./carry.ts";

export function spawnWorker(turn: Turn, generation: number, slot: number): void {
  const id = turn.state.nextWorker;
  const deadlineMs = turn.now + turn.generation(generation).settings.startupTimeoutMs;
  turn.set({ nextWorker: id + 1 });
  turn.putWorker({
    id,
    generation,
    slot,
    phase: { name: "spawning", deadlineMs },
    listeners: new Map(),
  });
  const { healthIsDraining } = turn.state;
  const isFirst = warmsUpFirst(turn.state);
  if (!hasServer(turn.state)) turn.emit({ type: "reserve-number", worker: id });
  turn.emit({
    type: "spawn",
    worker: id,
    generation,
    slot,
    ...(healthIsDraining && { healthIsDraining }),
    ...(isFirst && { warmsUpFirst: true }),
  });
}

/** As in `DrainOrder`; left out: idle connections stay for a while. */
type RetireOptions = Partial<Pick<DrainOrder, "closeIdle" | "webSockets">>;

/**
 * Sends a worker on its way out. A worker that has not loaded its app has nothing to finish, and
 * may be in an endless loop: it is killed. Every other worker drains, with `timeoutMs` to do so.
 */
export function retireWorker(
  turn: Turn,
  worker: Worker,
  reason: DrainReason,
  timeoutMs: number,
  { closeIdle = false, webSockets }: RetireOptions = {},
): void {
  switch (worker.phase.name) {
    case "spawning":
    case "loading":
      killWorker(turn, worker);
      return;
    case "binding":
    case "ready":
    case "standby": {
      const carryTo = carryTargets(turn.state, worker);
      turn.setPhase(worker.id, {
        name: "draining",
        deadlineMs: turn.now + timeoutMs,
        timeoutMs,
        hasServed: worker.phase.name !== "binding",
      });
      if (carryTo.length > 0) turn.putWorker({ ...turn.worker(worker.id), carryTo });
      turn.emit({
        type: "drain",
        worker: worker.id,
        reason,
        timeoutMs,
        closeIdle,
        ...(reason !== "stop" && isSteered(turn.state) && { isSteered: true }),
        ...(webSockets !== undefined && { webSockets }),
        ...(carryTo.length > 0 && { carryTo }),
      });
      countDrain(turn, worker, reason);
      return;
    }
    case "draining":
    case "stopping":
    case "orphaned":
    case "exited":
      return;
    default:
      worker.phase satisfies never;
  }
}

/** Tells in which receipt the drain belongs; one that no reload has asked for is in none. */
function countDrain(turn: Turn, worker: Worker, reason: DrainReason): void {
  const generation = reloadOf(turn.state, worker.generation, reason);
  if (generation === undefined) return;
  turn.emit({ type: "reload-drains", generation, worker: worker.id });
}

function reloadOf(
  { generations, rollout }: State,
  number: number,
  reason: DrainReason,
): number | undefined {
  if (reason === "rollback") return generations.get(number)?.open === true ? number : undefined;
  if (reason !== "reload") return undefined;
  // The one that is to follow exists only when the old one has gone.
  if (rollout.name === "emptying") return rollout.generation;
  const found = [...generations.values()].find(
    ({ open, undone, replaces }) => open && undone === undefined && replaces === number,
  );
  return found?.number;
}

/**
 * The worker has finished, or says that it cannot go on: lets it end.
 * @param untilMs when it is killed if it has not ended, unless the grace time ends later
 */
export function stopWorker(turn: Turn, worker: Worker, untilMs = 0): void {
  endBy(turn, worker, { killed: false, forced: undefined }, untilMs);
  turn.emit({ type: "stop", worker: worker.id });
}

/** The drain deadline has come. */
export function forceWorker(turn: Turn, worker: Worker, timeoutMs: number): void {
  endBy(turn, worker, { killed: false, forced: { timeoutMs, told: false } });
  turn.emit({ type: "force", worker: worker.id });
}

/** Nobody can direct the worker any more: it finishes its requests and ends without a master. */
export function orphanWorker(turn: Turn, worker: Worker): void {
  const { phase } = worker;
  if (phase.name !== "ready" && phase.name !== "standby" && phase.name !== "draining") return;
  const timeoutMs = turn.generation(worker.generation).settings.shutdownTimeoutMs;
  const deadlineMs = turn.now + timeoutMs + KILL_GRACE_MS;
  turn.setPhase(worker.id, { name: "orphaned", deadlineMs, timeoutMs });
}

/** Kills the process. If it has not ended within the grace time, it is killed again. */
export function killWorker(turn: Turn, worker: Worker): void {
  const { phase } = worker;
  const forced = phase.name === "stopping" ? phase.forced : undefined;
  endBy(turn, worker, { killed: true, forced });
  turn.emit({ type: "kill", worker: worker.id });
}

function endBy(
  turn: Turn,
  worker: Worker,
  how: { readonly killed: boolean; readonly forced: Forced | undefined },
  untilMs = 0,
): void {
  const deadlineMs = Math.max(turn.now + KILL_GRACE_MS, untilMs);
  turn.setPhase(worker.id, { name: "stopping", deadlineMs, ...how });
}

/** Logs once what a worker was still doing when it was stopped by force. */
export function tellForced(
  turn: Turn,
  worker: Worker,
  unfinished: Parameters<typeof message.forced>[3],
): void {
  const { phase } = worker;
  if (phase.name !== "stopping" || phase.forced === undefined || phase.forced.told) return;
  turn.setPhase(worker.id, { ...phase, forced: { ...phase.forced, told: true } });
  const { timeoutMs } = phase.forced;
  turn.log(
    "warn",
    "worker-forced",
    message.forced(worker.id, worker.generation, timeoutMs, unfinished),
    { ...aboutWorker(worker), timeout_ms: timeoutMs, ...aboutUnfinished(unfinished) },
  );
}
