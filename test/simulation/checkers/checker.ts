// What a checker is: it sees every step of the control loop and every system call, keeps its own
// account of what it needs, and throws a Violation when its invariant is broken.

import type { Effect, LogFields } from "../../../src/core/effects.ts";
import type { Event } from "../../../src/core/events.ts";
import { isSteered } from "../../../src/core/predicates.ts";
import type { Phase, State } from "../../../src/core/state.ts";
import { Violation } from "../violation.ts";
import type { MasterProcess } from "../world/master-process.ts";
import type { Call } from "../world/kernel.ts";
import type { World } from "../world/world.ts";

/** One step of the control loop. */
export interface Moment {
  readonly nowMs: number;
  readonly event: Event;
  readonly before: State;
  readonly after: State;
  readonly effects: readonly Effect[];
  readonly world: World;
  /** The master that has taken it. */
  readonly process: MasterProcess;
}

/** An entry of a master's log. */
export interface Entry {
  readonly process: MasterProcess;
  readonly event: string;
  readonly message: string;
  readonly fields: LogFields;
}

export abstract class Checker {
  abstract readonly name: string;

  /** It also checks a master that is taking over and does not have the server yet. */
  readonly watchesSuccessor: boolean = false;

  /** The step has been taken; its effects have not been performed. */
  decided(_moment: Moment): void {}

  /** `effect`, one of the step's, is about to be performed. */
  performing(_moment: Moment, _effect: Effect): void {}

  /** The effects have been performed. */
  performed(_moment: Moment): void {}

  /** A system call has been made; `state` is what the control loop knows. */
  called(_world: World, _state: State, _call: Call, _address: string): void {}

  /** A master has logged something. `state` is that of the server. */
  logged(_world: World, _state: State, _entry: Entry): void {}

  /**
   * Another process has the server now. @param isGranted false if its predecessor has died instead
   */
  succeeded(_from: MasterProcess, _to: MasterProcess, _isGranted: boolean): void {}

  /** A master has ended. @param code `undefined`: by a signal */
  exited(_world: World, _process: MasterProcess, _code: number | undefined): void {}

  /** Faults have stopped, and nothing is left to happen. */
  calm(_world: World, _state: State, _server: MasterProcess): void {}

  /** Like `calm`, after a reload that had nothing in its way. */
  rested(_world: World, _state: State, _server: MasterProcess): void {}

  /** The server has exited. */
  ended(_world: World, _state: State, _server: MasterProcess): void {}

  fail(why: string): never {
    throw new Violation(this.name, why);
  }
}

/** Another master may have workers and listeners of its own. */
export function hasSuccessor({ succession }: State): boolean {
  const { name } = succession;
  return name === "starting" || name === "offered" || name === "aborting" || name === "granted";
}

/** Whether programs are in force as requested, as far as the control loop knows too. */
export function isSteeredIn({ kernel, untoldRefusals }: World, state: State): boolean {
  return kernel.steerable && untoldRefusals === 0 && isSteered(state);
}

/**
 * The ready workers that take new connections: those of the generation that serves, and of one that
 * gets a share of them, as a canary, or as it replaces the old workers a few at a time.
 */
export function takingReady(state: State): number[] {
  const { rollout, workers, serving } = state;
  const isShared =
    rollout.name === "canary" || (rollout.name === "filling" && rollout.rolling?.isVerified);
  const fresh = isShared ? rollout.generation : undefined;
  return [...workers.values()]
    .filter(({ generation, phase }) => {
      return phase.name === "ready" && (generation === serving || generation === fresh);
    })
    .map(({ id }) => id);
}

/**
 * Of workers that take new connections, those that are to get them: those that get on, as far as
 * the master knows, or all if none does. A client that stays with its worker waits for it.
 */
export function awakeOf(
  { settings, workers }: State,
  taking: readonly number[],
): readonly number[] {
  if (settings.affinity === "client") return taking;
  const awake = taking.filter((id) => workers.get(id)?.isStalled !== true);
  return awake.length > 0 ? awake : taking;
}

/** The workers of the generation that serves go before the new one does, or one by one with it. */
export function givesWay({ rollout, generations }: State): boolean {
  if (rollout.name === "emptying") return true;
  if (rollout.name === "none") return false;
  const isRolling = "rolling" in rollout && rollout.rolling?.isVerified === true;
  return isRolling || generations.get(rollout.generation)?.gapSinceMs !== undefined;
}

/** Nobody takes new connections until the next generation does. */
export function isInGap(state: State): boolean {
  const { serving, generations } = state;
  const old = serving === undefined ? undefined : generations.get(serving);
  return givesWay(state) || old?.gapSinceMs !== undefined;
}

/** The ready workers of the generation that serves. */
export function servingReady(state: State): number[] {
  const ids: number[] = [];
  for (const worker of state.workers.values()) {
    if (worker.generation === state.serving && worker.phase.name === "ready") ids.push(worker.id);
  }
  return ids;
}

export function phaseOf(state: State, id: number): Phase["name"] | undefined {
  return state.workers.get(id)?.phase.name;
}
