// The life of one generation: started, then drained or abandoned, and forgotten.

import { aboutVerdict } from "../log-fields.ts";
import { message } from "../messages.ts";
import type { Settings } from "../settings.ts";
import { strategyOf } from "../predicates.ts";
import type { Generation, State, Worker } from "../state.ts";
import type { Verdict } from "../verdict.ts";
import type { Turn } from "../turn.ts";
import { retireWorker, spawnWorker } from "./workers.ts";

/** The number of the next generation. */
export function takeNumber(turn: Turn): number {
  const number = turn.state.nextGeneration;
  turn.set({ nextGeneration: number + 1 });
  return number;
}

/**
 * Starts with one worker, which loads the app alone.
 * @param isReload whether its end is to be reported as that of a reload
 */
export function startGeneration(
  turn: Turn,
  number: number,
  settings: Settings,
  isReload: boolean,
): void {
  turn.putGeneration({
    number,
    settings,
    role: "starting",
    target: settings.workers,
    replaces: turn.state.serving,
    open: isReload,
    // The workers of another master know of no trial.
    ...(turn.state.succession.name === "pending" && { isUntried: true }),
  });
  turn.set({ rollout: { name: "first-load", generation: number } });
  spawnWorker(turn, number, firstSlot(turn.state, settings));
}

/**
 * The slot that is filled first. Workers that replace others one after another take the highest
 * slot first, as those leave first: so a slot has a worker all the time.
 */
function firstSlot(state: State, settings: Settings): number {
  return strategyOf(state, settings) === "rolling" ? settings.workers - 1 : 0;
}

/** Another generation takes all new connections. */
export function drainGeneration(turn: Turn, number: number): void {
  const generation = turn.generation(number);
  const isStandby = generation.role === "standby";
  turn.putGeneration({ ...generation, role: "leaving" });
  const words = isStandby ? message.drainingStandby(number) : message.draining(number);
  turn.log("info", "draining", words, { generation: number });
  const { reloadTimeoutMs, isDev } = turn.state.settings;
  for (const worker of turn.workersOf(number)) {
    retireWorker(turn, worker, "reload", reloadTimeoutMs, { closeIdle: isDev === true });
  }
}

/** Another generation takes all new connections, and may have to give them back. */
export function standbyGeneration(turn: Turn, number: number): void {
  turn.putGeneration({ ...turn.generation(number), role: "standby" });
  const { reloadTimeoutMs } = turn.state.settings;
  for (const worker of turn.workersOf(number)) {
    if (worker.phase.name !== "ready") retireWorker(turn, worker, "reload", reloadTimeoutMs);
    else setStandby(turn, worker, true);
  }
}

/** It takes all new connections again. Slots that have lost their workers are filled. */
export function resumeGeneration(turn: Turn, number: number): void {
  turn.putGeneration({ ...turn.generation(number), role: "serving" });
  for (const worker of turn.workersOf(number)) {
    if (worker.phase.name === "standby") setStandby(turn, worker, false);
  }
}

/** New connections go to another generation, or come to it again. */
export function setStandby(turn: Turn, { id }: Worker, isOn: boolean): void {
  turn.setPhase(id, isOn ? { name: "standby" } : { name: "ready" });
  turn.emit({ type: "standby", worker: id, isOn });
}

/** Whoever set a trial did not want it to be left out. */
const VERDICT_LEVEL = { good: "info", "too-few": "warn", bad: "error" } as const;

/** Logs how a generation has stood its trial, and keeps it for the receipt. */
export function noteVerdict(turn: Turn, number: number, verdict: Verdict): void {
  const generation = turn.generation(number);
  const before = generation.verdict;
  // What one trial was enough for is not forgotten for another that was not.
  const isBetter = before === undefined || verdict.name !== "too-few";
  turn.putGeneration({ ...generation, verdict: isBetter ? verdict : before });
  const words = message.verdict(number, verdict);
  turn.log(VERDICT_LEVEL[verdict.name], "verdict", words, {
    generation: number,
    ...aboutVerdict(verdict),
  });
}

/**
 * The generation will not serve, or no more. One whose configuration was rejected does not exist
 * yet.
 * @param undone why it goes, if it had clients; left out: it had none, and its reload has ended
 */
export function abandonGeneration(turn: Turn, number: number, undone?: string): void {
  const generation = turn.state.generations.get(number);
  if (generation === undefined) return;
  const left = { ...generation, role: "leaving" } as const;
  turn.putGeneration(undone === undefined ? { ...left, open: false } : { ...left, undone });
  for (const worker of turn.workersOf(number)) {
    retireWorker(turn, worker, "rollback", generation.settings.reloadTimeoutMs);
  }
}

/** None of its workers is left. */
export function forgetGeneration(turn: Turn, number: number): void {
  turn.forgetGeneration(number);
  turn.emit({ type: "forget-config", generation: number });
}

/** Logs what serves from now on: the log may be read later, after other versions. */
export function tellServing(turn: Turn, { number, settings, target }: Generation): void {
  const { appLabel: app } = settings;
  turn.emit({ type: "tell-serving", generation: number, app, workers: target });
}
