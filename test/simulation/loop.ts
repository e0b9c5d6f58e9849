// The control loop in a simulated world: what happens next becomes an event, the step decides, the
// world performs, and checkers see all of it.

import { nextDeadline } from "../../src/core/deadlines.ts";
import type { Event } from "../../src/core/events.ts";
import { initialState, type State } from "../../src/core/state.ts";
import type { Step } from "../../src/core/step.ts";
import type { Checker } from "./checkers/checker.ts";
import { countEffect, newTally } from "./tally.ts";
import { Trace } from "./trace.ts";
import type { World } from "./world/world.ts";

export type StepFunction = (state: State, event: Event, nowMs: number) => Step;

export class Loop {
  readonly tally = newTally();
  readonly trace = new Trace();
  state: State;

  constructor(
    readonly world: World,
    private readonly step: StepFunction,
    readonly checkers: readonly Checker[],
  ) {
    this.state = initialState(world.disk.written.settings);
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
      this.take({ type: "tick" });
      return true;
    }
    const event = world.happen();
    if (event !== undefined) this.take(event);
    return true;
  }

  /** Timers are late at times, and never early. */
  #nextTickMs(): number | undefined {
    const { random, nowMs } = this.world;
    const deadlineMs = nextDeadline(this.state);
    if (deadlineMs === undefined || !Number.isFinite(deadlineMs)) return undefined;
    const latenessMs = random.chance(0.2) ? random.wait(30) : 0;
    return Math.max(deadlineMs + latenessMs, nowMs);
  }

  take(event: Event): void {
    const { world, checkers, trace, state: before } = this;
    const { nowMs } = world;
    this.tally.steps += 1;
    trace.event(nowMs, event);
    const { state: after, effects } = this.step(before, event, nowMs);
    for (const effect of effects) trace.effect(nowMs, effect);
    this.state = after;
    const moment = { nowMs, event, before, after, effects, world };
    for (const checker of checkers) checker.decided(moment);
    for (const effect of effects) {
      for (const checker of checkers) checker.performing(moment, effect);
      world.perform(effect);
      countEffect(this.tally, effect);
    }
    for (const checker of checkers) checker.performed(moment);
  }
}
