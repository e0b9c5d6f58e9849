// The life of one generation: started, then drained or abandoned, and forgotten.

import { message } from "../messages.ts";
import type { Settings } from "../settings.ts";
import type { Generation } from "../state.ts";
import type { Turn } from "../turn.ts";
import { retireWorker, spawnWorker } from "./workers.ts";

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
  });
  turn.set({ rollout: { name: "first-load", generation: number } });
  spawnWorker(turn, number, 0);
}

/** Another generation takes all new connections. */
export function drainGeneration(turn: Turn, number: number): void {
  turn.putGeneration({ ...turn.generation(number), role: "leaving" });
  turn.log("info", "draining", message.draining(number), { generation: number });
  const { reloadTimeoutMs, isDev } = turn.state.settings;
  for (const worker of turn.workersOf(number)) {
    retireWorker(turn, worker, "reload", reloadTimeoutMs, isDev);
  }
}

/** The generation will never serve. One whose configuration was rejected does not exist yet. */
export function abandonGeneration(turn: Turn, number: number): void {
  const generation = turn.state.generations.get(number);
  if (generation === undefined) return;
  turn.putGeneration({ ...generation, role: "leaving", open: false });
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
