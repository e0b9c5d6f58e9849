// The control loop: events in a queue, one at a time through the pure core, effects performed in order.
import { nextDeadline } from "../core/deadlines.ts";
import type { Effect } from "../core/effects.ts";
import type { Event } from "../core/events.ts";
import type { State } from "../core/state.ts";
import { step } from "../core/step.ts";
import { DeadlineTimer } from "./timer.ts";

export class ControlLoop {
  #state: State;
  readonly #queue: Event[] = [];
  #running = false;
  readonly #timer = new DeadlineTimer(() => this.dispatch({ type: "tick" }));

  constructor(
    initial: State,
    readonly perform: (effect: Effect) => void,
    /** Called when the queue has been worked through. */
    readonly settled: () => void,
  ) {
    this.#state = initial;
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Enqueues an event, and works through the queue unless that is being done already: an effect may
   * cause an event at once, which is then looked at after the effects before it have been performed.
   */
  dispatch(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { state, effects } = step(this.#state, next, performance.now());
      this.#state = state;
      for (const effect of effects) this.perform(effect);
    }
    this.#running = false;
    this.#timer.set(nextDeadline(this.#state));
    this.settled();
  }
}
