// A reload, from the request until the new generation is steered to, or rejected.
//
// configuring → first-load (one worker loads the app alone, so that a bad version costs one
// process) → filling (the others are spawned; all bind in turn and become ready) → the new
// generation serves and the old one drains. Any failure on the way leaves the old generation as it
// was. The start of the server is the rollout of generation 0, with nothing to fall back to.

import type { EventOf } from "../events.ts";
import { CONFIG_TIMEOUT_MS, OUTDATED_LOAD_MS } from "../settings.ts";
import { claimServer } from "./takeover.ts";
import { urlOf } from "../address-name.ts";
import { message } from "../messages.ts";
import {
  addressesOf,
  drainingGenerations,
  isAlive,
  hasServer,
  isBusyHandingOver,
  isStopping,
} from "../predicates.ts";
import type { Generation, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import { assignReloads, endReload, expectAnswer, tellSteered } from "../moves/answers.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { forceWorker } from "../moves/workers.ts";
import {
  drainGeneration,
  forgetGeneration,
  startGeneration,
  tellServing,
} from "../moves/generations.ts";

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
  turn.set({ rollout: { name: "filling", generation: number } });
}

/** Makes the new generation the serving one when every slot of it is ready. */
export function completeRollout(turn: Turn): void {
  const { rollout, serving } = turn.state;
  if (rollout.name !== "filling") return;
  const generation = turn.generation(rollout.generation);
  const workers = turn.workersOf(generation.number);
  const ready = workers.filter((worker) => worker.phase.name === "ready").length;
  if (ready < generation.target || !claimServer(turn)) return;
  const sharing = sharingOf(turn.state);
  const before = sharing.addresses(turn.state);
  const wasSecure = turn.state.settings.isSecure === true;
  turn.putGeneration({ ...generation, role: "serving" });
  turn.set({
    rollout: { name: "none" },
    serving: generation.number,
    settings: generation.settings,
    // What an old version did does not count against the new one.
    ...(serving === undefined ? {} : { respawn: { crashesMs: [], notBeforeMs: 0 } }),
  });
  // Logged only now, when it is true: readers of the log connect at once, and every worker should
  // get its share.
  sharing.settle(turn);
  turn.emit({ type: "use-config", generation: generation.number });
  if (serving === undefined) tellServing(turn, generation);
  announce(turn, before, generation, wasSecure);
  if (generation.open) tellSteered(turn, generation.number);
  if (serving !== undefined) drainGeneration(turn, serving);
}

/** @param before the addresses until now, and `wasSecure`: how they were served */
function announce(
  turn: Turn,
  before: readonly string[],
  { number, settings }: Generation,
  wasSecure: boolean,
): void {
  const addresses = addressesOf(turn.state, number);
  const isSecure = settings.isSecure === true;
  if (addresses.join() === before.join() && isSecure === wasSecure) return;
  turn.set({ announced: addresses });
  for (const address of addresses) {
    const url = urlOf(address, isSecure);
    turn.log("info", "listening", message.listening(url), { address, url });
  }
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
