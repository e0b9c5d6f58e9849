// Named questions about the state, asked by several rules.

import type { Steering } from "./moves/accept-group.ts";
import type { RolloutSettings, Settings, Strategy } from "./settings.ts";
import type { Canary, Rolling } from "./rollout-state.ts";
import type { Generation, State, Worker } from "./state.ts";

/** The process has not been seen to end. */
export function isAlive(worker: Worker): boolean {
  return worker.phase.name !== "exited";
}

/** The worker is on its way to ready: if it crashes now, it never got there. */
export function isStarting(worker: Worker): boolean {
  const { name } = worker.phase;
  return name === "spawning" || name === "loading" || name === "binding";
}

/**
 * The worker fills its slot, or is about to, in standby too. A worker that is to be replaced keeps
 * serving, but its slot counts as empty.
 */
function fillsSlot(worker: Worker): boolean {
  const { phase } = worker;
  if (phase.name === "standby" || isStarting(worker)) return true;
  return phase.name === "ready" && phase.recycle !== "wanted";
}

export function servingGeneration(state: State): Generation | undefined {
  return state.serving === undefined ? undefined : state.generations.get(state.serving);
}

/** The new generation, once its first worker has loaded the app. */
export function fillingGeneration(state: State): Generation | undefined {
  return state.rollout.name === "filling"
    ? state.generations.get(state.rollout.generation)
    : undefined;
}

/** How a generation is tried before it serves; `undefined`: it is not, or there is no old one. */
export function trialSettings(state: State, generation: Generation): RolloutSettings | undefined {
  const isTried = state.serving !== undefined && generation.isUntried !== true;
  return isTried ? generation.settings.rollout : undefined;
}

/** Its settings ask for a canary or a bake. */
export function isToBeTried({ settings: { rollout } }: Generation): boolean {
  if (rollout === undefined) return false;
  return (rollout.canaryShare > 0 && rollout.canaryMs > 0) || rollout.bakeMs > 0;
}

/** How long the command in `rollout.verify` may look at a generation. */
export function verifyTimeoutMs({ settings }: Generation): number {
  return settings.rollout?.verifyTimeoutMs ?? 0;
}

/** One generation stops before the next one starts, and nobody takes new connections yet. */
export function isInGap(state: State): boolean {
  if (isStopping(state)) return false;
  return isGivingWay(state) || servingGeneration(state)?.gapSinceMs !== undefined;
}

/**
 * A worker that starts now warms up before it listens: at a start, when a client that is refused is
 * no surprise; and in a gap that no listener bridges. When all workers of the generation that
 * serves were lost, its code is known: then slow answers are better than none.
 */
export function warmsUpFirst(state: State): boolean {
  if (state.serving === undefined) return true;
  const isBridged = [...state.groups.values()].some(({ bridge }) => bridge !== undefined);
  return isInGap(state) && !isBridged;
}

/** The generation whose slots are kept filled: the serving one, or at start the first one. */
export function keptGeneration(state: State): Generation | undefined {
  return state.serving === undefined ? fillingGeneration(state) : servingGeneration(state);
}

/** The wanted slots of a generation that no worker fills or is about to fill. */
export function emptySlots(state: State, generation: Generation): number[] {
  const filled = new Set<number>();
  for (const worker of state.workers.values()) {
    if (worker.generation === generation.number && fillsSlot(worker)) filled.add(worker.slot);
  }
  const empty: number[] = [];
  for (let slot = 0; slot < generation.target; slot++) if (!filled.has(slot)) empty.push(slot);
  return empty;
}

/** Whether a worker can be added to it that runs the same code as the others. */
export function canGrow({ outdated, isForeign }: Generation): boolean {
  return outdated === undefined && isForeign !== true;
}

/** No worker of the serving generation serves, or is about to, and it can get none. */
export function isDeserted(state: State): boolean {
  const serving = servingGeneration(state);
  if (serving === undefined || canGrow(serving)) return false;
  const { number } = serving;
  return ![...state.workers.values()].some(
    (it) => it.generation === number && (isStarting(it) || it.phase.name === "ready"),
  );
}

/** How many workers of a generation are ready. */
export function readyOf({ workers }: State, number: number): number {
  return [...workers.values()].filter(
    ({ generation, phase }) => generation === number && phase.name === "ready",
  ).length;
}

/** A bad version is better than none. */
export function canGoBack(state: State): boolean {
  return state.serving !== undefined && readyOf(state, state.serving) > 0;
}

/** The generation in standby, while the one that has replaced it is on trial. */
export function standbyGenerationOf({ bake, generations }: State): Generation | undefined {
  return bake && generations.get(bake.standby);
}

/** How many workers of a generation could serve at once: they do, or are in standby. */
export function ableOf({ workers }: State, number: number): number {
  return [...workers.values()].filter((worker) => isAble(worker, number)).length;
}

function isAble({ generation, phase: { name } }: Worker, number: number): boolean {
  return generation === number && (name === "ready" || name === "standby");
}

/** Workers of a generation could serve, and none of them gets on. */
export function isStuck({ workers }: State, number: number): boolean {
  const able = [...workers.values()].filter((worker) => isAble(worker, number));
  return able.length > 0 && able.every(({ isStalled }) => isStalled === true);
}

/** The new generation, while it gets a share of the new connections. */
export function canaryOf({ rollout }: State): Canary | undefined {
  return rollout.name === "canary" ? rollout : undefined;
}

/** The same, as a whole. */
export function canaryGeneration(state: State): Generation | undefined {
  const canary = canaryOf(state);
  return canary && state.generations.get(canary.generation);
}

/** What a generation is, for people and programs: a draining one may have been rejected, too. */
export type RoleWord = "starting" | "canary" | "serving" | "standby" | "draining";

export function roleWord(state: State, { number, role }: Generation): RoleWord {
  if (number === canaryOf(state)?.generation) return "canary";
  return role === "leaving" ? "draining" : role;
}

/** How the workers of the new generation replace the old ones; `undefined`: all at once. */
export function rollingOf({ rollout }: State): Rolling | undefined {
  return rollout.name === "filling" ? rollout.rolling : undefined;
}

/** Whether clients have come to the new generation, though it does not take over yet. */
export function hadClients(rollout: State["rollout"]): boolean {
  if (rollout.name === "canary") return true;
  return rollout.name === "filling" && rollout.rolling?.hasClients === true;
}

/** How a new generation takes over from the one that serves. */
export function strategyOf(state: State, settings: Settings): Strategy {
  const isTried = state.serving !== undefined && hasServer(state);
  return (isTried ? settings.rollout?.strategy : undefined) ?? "all";
}

/**
 * The old generation has to go before the new one starts: it gets no more workers. If the new one
 * has failed, it has to go in turn before the old one starts again.
 */
export function isGivingWay(state: State): boolean {
  const { rollout } = state;
  const hasFailed = [...state.workers.values()].some(
    (worker) => isAlive(worker) && isOfFailedRestart(state, worker),
  );
  if (hasFailed) return true;
  if (rollout.name === "none" || rollout.name === "configuring") return false;
  if (rollout.name === "emptying") return true;
  const generation = state.generations.get(rollout.generation);
  return generation !== undefined && "gapSinceMs" in generation;
}

function isOfFailedRestart({ generations, serving }: State, { generation }: Worker): boolean {
  const { role, gapSinceMs } = generations.get(generation) ?? {};
  const isNewer = serving !== undefined && generation > serving;
  return isNewer && role === "leaving" && gapSinceMs !== undefined;
}

/**
 * New connections should reach this worker: it is ready, in the generation that serves, or in one
 * that gets a share of them.
 */
export function takesConnections(state: State, { phase, generation }: Worker): boolean {
  if (phase.name !== "ready") return false;
  const isShared = generation === canaryOf(state)?.generation;
  return isShared || generation === keptGeneration(state)?.number || isRolling(state, generation);
}

function isRolling(state: State, generation: number): boolean {
  const isNew = generation === fillingGeneration(state)?.number;
  return isNew && rollingOf(state)?.isVerified === true;
}

/** The server has served, and goes on, and no worker is ready that takes new connections. */
export function isDown(state: State): boolean {
  if (state.serving === undefined || !hasServer(state) || isStopping(state)) return false;
  return ![...state.workers.values()].some((worker) => takesConnections(state, worker));
}

/** Every address on which the workers of a generation listen. */
export function addressesOf(state: State, generation: number): string[] {
  const addresses = new Set<string>();
  for (const worker of state.workers.values()) {
    if (worker.generation !== generation || !isAlive(worker)) continue;
    for (const address of worker.listeners.keys()) addresses.add(address);
  }
  return [...addresses];
}

/** Generations that were replaced and still have a live worker. */
export function drainingGenerations(state: State): number {
  return [...state.generations.values()].filter(
    (generation) =>
      generation.role === "leaving" &&
      [...state.workers.values()].some((w) => w.generation === generation.number && isAlive(w)),
  ).length;
}

/** The accept groups must stay as they are: a successor relies on their order. */
export function groupsAreFrozen({ succession }: State): boolean {
  const { name } = succession;
  return name === "starting" || name === "offered" || name === "aborting";
}

/** Until the fate of the successor is known, no request is granted and no worker is spawned. */
export function isBusyHandingOver(state: State): boolean {
  return groupsAreFrozen(state);
}

/**
 * False while the predecessor has the server: until then its workers and programs are left alone.
 */
export function hasServer({ succession }: State): boolean {
  const { name } = succession;
  return name !== "pending" && name !== "claimed" && name !== "failed";
}

/** The process that has the server now, after a handover. */
export function successorOf({ succession }: State): number | undefined {
  return succession.name === "granted" ? succession.pid : undefined;
}

/** A stop was requested: no more reloads start. */
export function isStopping(state: State): boolean {
  return state.stop.name !== "none";
}

/** Another process has the server: nothing is decided here any more. */
export function hasHandedOver(state: State): boolean {
  return state.succession.name === "granted";
}

/** A `drain` command makes health answer 503, and a successor would not know of it. */
export function isDrainCommanded({ commands }: State): boolean {
  return [...commands.values()].some(({ name }) => name === "drain");
}

/** The stop has gone past `shutdown_delay`: no worker is started any more, and all drain. */
export function isShuttingDown(state: State): boolean {
  return state.stop.name === "draining";
}

/** Whether the worker has been asked to bind, and has not yet said that it did. */
export function mayBind({ bindLock }: State, { id, listeners }: Worker): boolean {
  return bindLock?.worker === id && listeners.size === 0;
}

/**
 * What the server is doing. `reloading` lasts until the old generation has gone, or serves again.
 */
export type ServerPhase = "starting" | "serving" | "reloading" | "stopping";

export function phaseOf(state: State): ServerPhase {
  if (isStopping(state)) return "stopping";
  if (state.serving === undefined) return "starting";
  const isOpen = [...state.generations.values()].some(
    ({ open, undone }) => open && undone === undefined,
  );
  return state.rollout.name !== "none" || isOpen ? "reloading" : "serving";
}

/** The worker belongs to the generation that the current rollout makes. */
export function isInRollout({ rollout }: State, { generation }: Worker): boolean {
  return rollout.name !== "none" && rollout.generation === generation;
}

/** The slot of this worker is filled again when it ends. */
export function getsReplaced(state: State, { generation }: Worker): boolean {
  if (isShuttingDown(state)) return false;
  const isTried = generation === canaryOf(state)?.generation || generation === state.bake?.standby;
  return isTried || generation === keptGeneration(state)?.number;
}

/** What sends new connections to the right workers, in a word; `solo`: nothing needs to. */
export function steeringOf({ sharing }: State): Steering | "solo" {
  return sharing.name === "kernel" ? sharing.steering : sharing.name;
}

/** Whether the kernel accepts programs. */
export function isSteered(state: State): boolean {
  return steeringOf(state) === "kernel";
}

/** Whether the kernel has refused programs, so that reloads take the careful path. */
export function isRefused(state: State): boolean {
  return steeringOf(state) === "refused";
}
