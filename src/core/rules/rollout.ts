// A reload, from the request until the new generation is ready, and its end.
//
// configuring → first-load (one worker loads the app alone, so that a bad version costs one
// process) → filling (the others are spawned; all bind in turn and become ready) → verifying →
// canary (both only if asked for, see completion.ts) → the new generation serves and the old one
// drains, or stays in standby for a while (promotion.ts, bake.ts). Any failure on the way leaves
// the old generation as it was. The start of the server is the rollout of generation 0, with
// nothing to fall back to.

import type { EventOf } from "../events.ts";
import { CONFIG_TIMEOUT_MS, OUTDATED_LOAD_MS } from "../settings.ts";
import { message } from "../messages.ts";
import {
  drainingGenerations,
  isAlive,
  hasServer,
  isBusyHandingOver,
  isStopping,
  strategyOf,
} from "../predicates.ts";
import { beginRestart } from "./restart.ts";
import { fillingOf } from "./rolling.ts";
import type { State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import { assignReloads, endReload, expectAnswer } from "../moves/answers.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { forceWorker } from "../moves/workers.ts";
import { forgetGeneration, startGeneration } from "../moves/generations.ts";

/** A HUP is a flag: however many arrive before the next rollout starts, one reload follows. */
export function onReloadRequested(
  turn: Turn,
  { by, id, until = "ended" }: EventOf<"reload-requested">,
): void {
  const { state } = turn;
  expectAnswer(turn, id, { name: "reload", until, generation: undefined });
  if (isStopping(state)) {
    turn.log("warn", "reload-ignored", message.reloadWhileStopping(by), { by });
    return;
  }
  const isBusy = state.rollout.name !== "none" || isBusyHandingOver(state);
  if (isBusy && state.reloadWantedBy === undefined) {
    turn.log("info", "reload-queued", wordsOfQueued(state, by), { by });
  }
  turn.set({ reloadWantedBy: state.reloadWantedBy ?? by });
  hurryOutdated(turn);
}

/** If the version that is being loaded is outdated, nobody wants to wait for one that hangs. */
export function hurryOutdated(turn: Turn): void {
  const { rollout, reloadWantedBy, settings } = turn.state;
  if (settings.isDev !== true || reloadWantedBy === undefined) return;
  if (rollout.name !== "first-load" && rollout.name !== "filling") return;
  for (const { id, phase } of turn.workersOf(rollout.generation)) {
    if (phase.name !== "loading") continue;
    const deadlineMs = Math.min(phase.deadlineMs, turn.now + OUTDATED_LOAD_MS);
    turn.setPhase(id, { ...phase, deadlineMs });
  }
}

function wordsOfQueued(state: State, by: string): string {
  if (isBusyHandingOver(state) || !hasServer(state)) return message.reloadHandingOver(by);
  return state.serving === undefined ? message.reloadAtStart(by) : message.reloadQueued(by);
}

/** Starts the server, or the requested reload, once nothing is in its way. */
export function beginRollout(turn: Turn): void {
  const { state } = turn;
  if (state.rollout.name !== "none" || isStopping(state) || isBusyHandingOver(state)) return;
  const { serving } = state;
  const isFirst = serving === undefined && !state.startsAtReload;
  if (isFirst || state.succession.name === "pending") {
    const generation = takeNumber(turn);
    if (serving !== undefined) turn.emit({ type: "reload-began", generation, replaces: serving });
    startGeneration(turn, generation, state.settings, serving !== undefined);
    return;
  }
  const { reloadWantedBy } = state;
  if (reloadWantedBy === undefined) return;
  if (waitsForDrains(state)) {
    if (state.settings.isDev === true) endOldestDrain(turn);
    return;
  }
  turn.set({ reloadWantedBy: undefined, startsAtReload: false });
  const generation = takeNumber(turn);
  assignReloads(turn, generation);
  const words = message.reloadReceived(reloadWantedBy);
  turn.log("info", "reload-started", words, { generation, by: reloadWantedBy });
  const deadlineMs = turn.now + CONFIG_TIMEOUT_MS;
  turn.set({ rollout: { name: "configuring", generation, deadlineMs } });
  if (serving !== undefined) turn.emit({ type: "reload-began", generation, replaces: serving });
  sharingOf(state).onRolloutBegins(turn);
  turn.emit({ type: "load-config", generation, held: heldAddresses(state) });
}

/** Only draining generations are in the way of the requested reload. */
function waitsForDrains(state: State): boolean {
  const { rollout, reloadWantedBy, settings } = state;
  if (reloadWantedBy === undefined || rollout.name !== "none" || isStopping(state)) return false;
  return drainingGenerations(state) >= settings.maxDraining;
}

/** Whoever has saved a file wants the new version, not the end of a stream of an old one. */
function endOldestDrain(turn: Turn): void {
  const leaving = [...turn.state.generations.values()].filter(({ role }) => role === "leaving");
  const alive = leaving.map(({ number }) => turn.workersOf(number).filter(isAlive));
  const oldest = alive.find((workers) => workers.length > 0) ?? [];
  for (const worker of oldest) {
    if (worker.phase.name === "draining") forceWorker(turn, worker, worker.phase.timeoutMs);
  }
}

/** Logs once that the requested reload waits. */
export function tellWait(turn: Turn): void {
  if (!waitsForDrains(turn.state) || waitsForDrains(turn.before)) return;
  if (turn.state.settings.isDev === true) return;
  const draining = drainingGenerations(turn.state);
  turn.log("warn", "reload-waits", message.reloadWaits(draining), { draining });
}

/** The addresses that workers have, or will have again in a moment. */
function heldAddresses(state: State): string[] {
  return [...new Set([...state.groups.keys(), ...sharingOf(state).addresses(state)])];
}

function takeNumber(turn: Turn): number {
  const number = turn.state.nextGeneration;
  turn.set({ nextGeneration: number + 1 });
  return number;
}

export function onConfigLoaded(
  turn: Turn,
  { generation, settings, warnings }: EventOf<"config-loaded">,
): void {
  if (!isConfiguring(turn.state, generation)) {
    const isLate = !turn.state.generations.has(generation);
    if (isLate) turn.emit({ type: "forget-config", generation });
    return;
  }
  for (const warning of warnings) turn.log("warn", "config-warning", warning);
  const stopsFirst = strategyOf(turn.state, settings) === "restart";
  if (stopsFirst) return beginRestart(turn, generation, settings);
  startGeneration(turn, generation, settings, true);
}

export function onConfigRejected(turn: Turn, generation: number, reason: string): void {
  if (!isConfiguring(turn.state, generation)) return;
  turn.log("error", "config-rejected", reason, { generation });
  rejectRollout(turn, reason);
}

function isConfiguring({ rollout }: State, generation: number): boolean {
  return rollout.name === "configuring" && rollout.generation === generation;
}

/**
 * A worker has loaded its app and waits for the bind lock. The first one is followed by the others.
 */
export function onWorkerLoaded(
  turn: Turn,
  worker: Worker,
  { notes = [], remarks = [], failure }: EventOf<"worker-loaded">,
): void {
  const { phase } = worker;
  if (phase.name !== "spawning" && phase.name !== "loading") return;
  turn.setPhase(worker.id, { name: "binding", deadlineMs: phase.deadlineMs });
  const { rollout, serving } = turn.state;
  if (rollout.name !== "first-load" || rollout.generation !== worker.generation) return;
  const generation = turn.generation(worker.generation);
  const { settings, number } = generation;
  if (failure !== undefined) {
    turn.putGeneration({ ...generation, failure });
    turn.log("error", "app-failed", message.appFailed(failure), { generation: number });
  }
  for (const note of notes) turn.log("warn", "app-note", note, { generation: number });
  for (const remark of remarks) turn.log("info", "app-note", remark, { generation: number });
  if (serving !== undefined) {
    const { appLabel: app, workers } = settings;
    if (failure === undefined) {
      turn.log("info", "app-imported", message.reimported(app), { generation: number, app });
    }
    const words = message.spawning(workers, number);
    turn.log("info", "workers-spawning", words, { generation: number, workers });
  }
  turn.set({ rollout: fillingOf(turn.state, turn.generation(number)) });
}

/** Reports the end of every reload whose old generation has gone, and forgets what is over. */
export function retireGenerations(turn: Turn): void {
  for (const generation of turn.state.generations.values()) {
    const { number, replaces, open, role, settings } = generation;
    const oldIsGone = replaces === undefined || !turn.workersOf(replaces).some(isAlive);
    const isReported = !open || (role !== "starting" && oldIsGone);
    if (open && isReported) {
      turn.putGeneration({ ...generation, open: false });
      const { workers } = settings;
      if (!isStopping(turn.state)) {
        const words = message.complete(workers, number);
        turn.log("info", "reload-complete", words, { generation: number, workers });
      }
      endReload(turn, number, "completed");
    }
    // At once: another event may not come for days, and its plan keeps its sockets.
    if (isReported && role === "leaving" && turn.workersOf(number).length === 0) {
      forgetGeneration(turn, number);
    }
  }
}
