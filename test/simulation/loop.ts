// The control loop in a simulated world: what happens next becomes an event, the step decides, the
// world performs, and checkers see all of it.

import { VERSION } from "../core/scenario.ts";
import { nextDeadline } from "../../src/core/rules/deadlines.ts";
import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";
import { initialState, type State } from "../../src/core/state.ts";
import type { Step } from "../../src/core/step.ts";
import type { Checker } from "./checkers/checker.ts";
import { Succession, type Masters } from "./succession.ts";
import { countEffect, newTally } from "./tally.ts";
import { Trace } from "./trace.ts";
import type { World } from "./world/world.ts";

export type StepFunction = (state: State, event: Event, nowMs: number) => Step;

export class Loop implements Masters {
  readonly tally = newTally();
  readonly trace = new Trace();
  /** Of the master that has the server. */
  state: State;
  readonly #succession = new Succession(this);

  constructor(
    readonly world: World,
    readonly step: StepFunction,
    readonly checkers: readonly Checker[],
  ) {
    this.state = initialState(world.disk.written.settings, VERSION, world.solo ? "solo" : "kernel");
    world.kernel.onCall = (call, address) => {
      for (const checker of checkers) checker.called(world, this.state, call, address);
    };
  }

  /** Lets the next thing happen: a deadline, or an entry of the agenda. `false`: there is none. */
  advance(): boolean {
    const { world } = this;
    const next = world.agenda.peek();
    const tickMs = this.#nextTickMs();
    if (tickMs === undefined && next === undefined) return false;
    if (tickMs !== undefined && (next === undefined || tickMs < next.atMs)) {
      world.nowMs = tickMs;
      const successorsMs = this.#successorsDeadlineMs;
      if (successorsMs <= tickMs) this.takeAsSuccessor({ type: "tick" });
      else this.take({ type: "tick" });
      return true;
    }
    const event = world.happen();
    if (event !== undefined) this.take(event);
    return true;
  }

  /** Timers are late at times, and never early. */
  #nextTickMs(): number | undefined {
    const { random, nowMs } = this.world;
    const deadlineMs = Math.min(nextDeadline(this.state) ?? Infinity, this.#successorsDeadlineMs);
    if (!Number.isFinite(deadlineMs)) return undefined;
    const latenessMs = random.chance(0.2) ? random.wait(30) : 0;
    return Math.max(deadlineMs + latenessMs, nowMs);
  }

  get #successorsDeadlineMs(): number {
    const { successor } = this.#succession;
    const state = successor?.turns ? successor.state : undefined;
    return (state && nextDeadline(state)) ?? Infinity;
  }

  /** Tells the master that has the server, or the other one when the event is its. */
  take(event: Event): void {
    const hears = this.#succession.hears(event);
    if (hears === "successor") return this.takeAsSuccessor(event);
    if (hears === "later") return this.#succession.putOff(event);
    if (hears === "nobody") return;
    this.#turn(this.state, event, this.checkers, {
      keep: (state) => (this.state = state),
      performs: (effect) => this.#succession.performForOld(effect),
    });
    this.#tellRefusals((refusal) => this.take(refusal));
  }

  /** Tells the master that does not have the server yet. Only some invariants are about it. */
  takeAsSuccessor(event: Event): void {
    const { successor } = this.#succession;
    if (successor?.state === undefined) throw new Error("there is no second master");
    const watching = this.checkers.filter(({ watchesSuccessor }) => watchesSuccessor);
    this.#turn(successor.state, event, watching, {
      keep: (state) => (successor.state = state),
      performs: (effect) => this.#succession.performForSuccessor(effect),
    });
    this.#tellRefusals((refusal) => this.takeAsSuccessor(refusal));
  }

  /** What fails at once comes before any other event. */
  #tellRefusals(tell: (refusal: Event) => void): void {
    const { untoldRefusals } = this.world;
    for (let next = untoldRefusals.shift(); next !== undefined; next = untoldRefusals.shift()) {
      tell(next);
    }
  }

  #turn(before: State, event: Event, checkers: readonly Checker[], master: Master): void {
    const { world, trace } = this;
    const { nowMs } = world;
    this.tally.steps += 1;
    trace.event(nowMs, event);
    const { state: after, effects } = this.step(before, event, nowMs);
    for (const effect of effects) trace.effect(nowMs, effect);
    master.keep(after);
    const moment = { nowMs, event, before, after, effects, world };
    for (const checker of checkers) checker.decided(moment);
    for (const effect of effects) {
      for (const checker of checkers) checker.performing(moment, effect);
      if (!master.performs(effect)) world.perform(effect);
      countEffect(this.tally, effect);
    }
    for (const checker of checkers) checker.performed(moment);
  }
}

/** Where a turn's state goes, and what is not done by the world. */
interface Master {
  readonly keep: (state: State) => void;
  readonly performs: (effect: Effect) => boolean;
}
