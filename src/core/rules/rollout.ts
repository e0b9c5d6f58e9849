// A rollout, from its beginning until all workers of the new generation are spawned.
//
// configuring → first-load (one worker loads the app alone, so that a bad version costs one
// process) → filling (the others are spawned; all bind in turn and become ready) → verifying →
// canary (both only if asked for, see completion.ts) → the new generation serves (promotion.ts) and
// the old one drains (retirement.ts), or stays in standby for a while (bake.ts). Any failure on the
// way leaves the old generation as it was. The start of the server is the rollout of generation 0,
// with nothing to fall back to.
import { placeFields, placeWords } from "../app-place.ts";
import type { EventOf } from "../events.ts";
import { message } from "../messages.ts";
import { assignReloads } from "../moves/answers.ts";
import { startGeneration, takeNumber } from "../moves/generations.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { isBusyHandingOver, isStopping, strategyOf } from "../predicates.ts";
import { CONFIG_TIMEOUT_MS } from "../settings.ts";
import { beginRestart } from "./restart.ts";
import { fillingOf } from "./rolling.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { Generation, State, Worker } from "../state.ts";
import type { Turn } from "../turn.ts";
import { endOldestDrain, waitsForDrains } from "./reload-request.ts";

/** Starts the server, or the requested reload, once nothing is in its way. */
export function beginRollout(turn: Turn): void {
  const { state } = turn;
  if (state.rollout.name !== "none" || isStopping(state) || isBusyHandingOver(state)) return;
  const { serving } = state;
  const isFirst = serving === undefined && !state.startsAtReload;
  if (isFirst || state.succession.name === "pending") {
    const generation = takeNumber(turn);
    if (serving !== undefined) turn.emit({ type: "reload-began", generation });
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
  if (serving !== undefined) turn.emit({ type: "reload-began", generation });
  sharingOf(state).onRolloutBegins(turn);
  turn.emit({ type: "load-config", generation, held: heldAddresses(state) });
}

/** The addresses that workers have, or will have again in a moment. */
function heldAddresses(state: State): string[] {
  return [...new Set([...state.groups.keys(), ...sharingOf(state).addresses(state)])];
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

/** Says which release it is, where that is more than the name of its app says. */
function tellPlace(turn: Turn, { number, place }: Generation): void {
  const fields = placeFields(place);
  const where = placeWords(fields);
  if (where === undefined) return;
  turn.log("info", "app-linked", message.linked(number, where), { generation: number, ...fields });
}

/**
 * A worker has loaded its app and waits for the bind lock. The first one is followed by the others.
 */
export function onWorkerLoaded(
  turn: Turn,
  worker: Worker,
  { notes = [], remarks = [], failure, wantsLead, place }: EventOf<"worker-loaded">,
): void {
  const { phase } = worker;
  if (phase.name !== "spawning" && phase.name !== "loading") return;
  if (wantsLead === true) turn.putWorker({ ...worker, wantsLead });
  turn.setPhase(worker.id, { name: "binding", deadlineMs: phase.deadlineMs });
  const { rollout, serving } = turn.state;
  if (rollout.name !== "first-load" || rollout.generation !== worker.generation) return;
  const generation = { ...turn.generation(worker.generation), ...(place && { place }) };
  turn.putGeneration(generation);
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
    tellPlace(turn, generation);
    const words = message.spawning(workers, number);
    turn.log("info", "workers-spawning", words, { generation: number, workers });
  } else {
    tellPlace(turn, generation);
  }
  turn.set({ rollout: fillingOf(turn.state, turn.generation(number)) });
}
