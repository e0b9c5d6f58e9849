// A reload, from the request to the moment the new generation is steered to, or rejected.
//
// configuring → first-load (one worker loads the app alone, so that a bad version costs one process)
// → filling (the others are spawned; all bind in turn and become ready) → the new generation serves
// and the old one drains. Whatever fails on the way leaves the old generation as it was. The start of
// the server is the rollout of generation 0, with nothing to fall back to.

import type { Settings } from "./settings.ts";
import { message } from "./messages.ts";
import { addressesOf, drainingGenerations, isAlive, isStopping } from "./predicates.ts";
import { failStart } from "./shutdown.ts";
import type { Worker } from "./state.ts";
import { steerGroups } from "./steering.ts";
import type { Turn } from "./turn.ts";
import { retireWorker, spawnWorker } from "./workers.ts";

/** A HUP: a flag, so that however many come before the next rollout begins, one reload follows. */
export function onReloadRequested(turn: Turn): void {
  const { state } = turn;
  if (isStopping(state)) {
    turn.log("warn", "reload-ignored", message.reloadWhileStopping);
    return;
  }
  if (state.rollout.name !== "none" && !state.reloadWanted) {
    const starting = state.serving === undefined;
    turn.log("info", "reload-queued", starting ? message.reloadAtStart : message.reloadQueued);
  }
  turn.set({ reloadWanted: true });
}

/** Begins the start of the server, or the reload that was asked for, once nothing is in its way. */
export function beginRollout(turn: Turn): void {
  const { state } = turn;
  if (state.rollout.name !== "none" || isStopping(state)) return;
  if (state.serving === undefined) {
    startGeneration(turn, takeNumber(turn), state.settings);
    return;
  }
  if (!state.reloadWanted) return;
  const draining = drainingGenerations(state);
  if (draining >= state.settings.maxDraining) {
    if (!state.waitTold) turn.log("warn", "reload-waits", message.reloadWaits(draining));
    turn.set({ waitTold: true });
    return;
  }
  turn.set({ reloadWanted: false, waitTold: false });
  turn.log("info", "reload-started", message.reloadReceived);
  turn.set({ rollout: { name: "configuring", generation: takeNumber(turn) } });
  turn.emit({ type: "load-config" });
}

function takeNumber(turn: Turn): number {
  const number = turn.state.nextGeneration;
  turn.set({ nextGeneration: number + 1 });
  return number;
}

export function onConfigLoaded(turn: Turn, settings: Settings): void {
  const { rollout } = turn.state;
  if (rollout.name !== "configuring") return;
  startGeneration(turn, rollout.generation, settings);
}

export function onConfigRejected(turn: Turn, reason: string): void {
  if (turn.state.rollout.name !== "configuring") return;
  turn.log("error", "config-rejected", reason);
  rejectRollout(turn, reason);
}

function startGeneration(turn: Turn, number: number, settings: Settings): void {
  turn.putGeneration({
    number,
    settings,
    role: "starting",
    target: settings.workers,
    replaces: turn.state.serving,
    open: turn.state.serving !== undefined,
  });
  turn.set({ rollout: { name: "first-load", generation: number } });
  spawnWorker(turn, number, 0);
}

/** A worker has loaded its app: it waits for the bind lock, and the first one is followed by the others. */
export function onWorkerLoaded(turn: Turn, worker: Worker): void {
  const { phase } = worker;
  if (phase.name !== "spawning" && phase.name !== "loading") return;
  turn.setPhase(worker.id, { name: "binding", deadlineMs: phase.deadlineMs });
  const { rollout, serving } = turn.state;
  if (rollout.name !== "first-load" || rollout.generation !== worker.generation) return;
  const { settings, number } = turn.generation(worker.generation);
  if (serving !== undefined) {
    turn.log("info", "app-imported", message.reimported(settings.appLabel));
    turn.log("info", "workers-spawning", message.spawning(settings.workers, number));
  }
  turn.set({ rollout: { name: "filling", generation: number } });
}

/** Makes the new generation the serving one when every slot of it is ready. */
export function completeRollout(turn: Turn): void {
  const { rollout, serving } = turn.state;
  if (rollout.name !== "filling") return;
  const generation = turn.generation(rollout.generation);
  const workers = turn.workersOf(generation.number);
  const ready = workers.filter((worker) => worker.phase.name === "ready").length;
  if (ready < generation.target) return;
  const before = serving === undefined ? [] : addressesOf(turn.state, serving);
  turn.putGeneration({ ...generation, role: "serving" });
  turn.set({
    rollout: { name: "none" },
    serving: generation.number,
    settings: generation.settings,
    // What an old version did does not count against the new one.
    ...(serving === undefined ? {} : { respawn: { crashesMs: [], notBeforeMs: 0 } }),
  });
  const addresses = addressesOf(turn.state, generation.number);
  if (addresses.join() !== before.join()) turn.emit({ type: "listening", addresses });
  steerGroups(turn);
  if (serving !== undefined) drainGeneration(turn, serving);
}

function drainGeneration(turn: Turn, number: number): void {
  turn.putGeneration({ ...turn.generation(number), role: "leaving" });
  turn.log("info", "draining", message.draining(number));
  const { reloadTimeoutMs } = turn.state.settings;
  for (const worker of turn.workersOf(number)) {
    retireWorker(turn, worker, "reload", reloadTimeoutMs);
  }
}

/** Ends the rollout under way without steering to it. The log has told why. */
export function rejectRollout(turn: Turn, reason: string): void {
  const { rollout, serving } = turn.state;
  if (rollout.name === "none") return;
  turn.set({ rollout: { name: "none" } });
  abandonGeneration(turn, rollout.generation);
  if (serving === undefined) {
    failStart(turn);
    return;
  }
  if (!isStopping(turn.state)) turn.log("error", "reload-failed", message.reloadFailed);
  turn.emit({ type: "reload-ended", generation: rollout.generation, outcome: "rejected", reason });
}

function abandonGeneration(turn: Turn, number: number): void {
  const generation = turn.state.generations.get(number);
  if (generation === undefined) return;
  turn.putGeneration({ ...generation, role: "leaving", open: false });
  for (const worker of turn.workersOf(number)) {
    retireWorker(turn, worker, "rollback", generation.settings.reloadTimeoutMs);
  }
}

/** Tells the end of every reload whose old generation has retired, and forgets what is over. */
export function retireGenerations(turn: Turn): void {
  for (const generation of turn.state.generations.values()) {
    const { number, replaces, open, role, settings } = generation;
    const oldIsGone = replaces === undefined || !turn.workersOf(replaces).some(isAlive);
    if (open && role !== "starting" && oldIsGone) {
      turn.putGeneration({ ...generation, open: false });
      if (!isStopping(turn.state)) {
        turn.log("info", "reload-complete", message.complete(settings.workers, number));
      }
      turn.emit({
        type: "reload-ended",
        generation: number,
        outcome: "completed",
        reason: undefined,
      });
    } else if (!open && role === "leaving" && turn.workersOf(number).length === 0) {
      turn.forgetGeneration(number);
    }
  }
}
