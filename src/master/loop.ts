// The control loop: events in a queue, one at a time through the pure core; effects performed in
// order.
//
// A failure is an event too. An effect that throws becomes `effect-failed`, and the loop goes on:
// if memory or descriptors were short, the system may grant it next time. Only if the core itself
// throws is there nothing to go on with: its state is not what it believes, and it would throw
// again at the next event. Then the loop ends for good, and says so.
import { nextDeadline } from "../core/rules/deadlines.ts";
import { endsTheMaster } from "../core/effect-failed.ts";
import type { Effect } from "../core/effects.ts";
import type { Event } from "../core/events.ts";
import type { State } from "../core/state.ts";
import { step as realStep } from "../core/step.ts";
import { explain } from "../os/shortage.ts";
import type { Clock } from "./surroundings.ts";
import { DeadlineTimer } from "./timer.ts";

/** What the loop acts on, and whom it informs. */
export interface LoopTargets {
  /** An effect that takes time resolves when it is performed. Both may fail. */
  readonly perform: (effect: Effect) => void | Promise<void>;
  /** Called when the queue has been worked through. */
  readonly settled: () => void;
  /** No event is looked at any more: the master must end. Called once. */
  readonly onBroken: (error: unknown) => void;
  /** Something outside the decisions has failed. */
  readonly onError: (error: unknown) => void;
}

/** Makes a control loop; tests pass one that they can observe. */
export type MakeLoop = (initial: State, targets: LoopTargets, clock: Clock) => ControlLoop;

export class ControlLoop {
  #state: State;
  readonly #queue: Event[] = [];
  #running = false;
  #isBroken = false;
  readonly #timer: DeadlineTimer;

  constructor(
    initial: State,
    readonly targets: LoopTargets,
    readonly clock: Clock,
    readonly step: typeof realStep = realStep,
  ) {
    this.#state = initial;
    this.#timer = new DeadlineTimer(clock, () => this.dispatch({ type: "tick" }));
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Enqueues an event, and works through the queue unless that is happening already: an effect may
   * cause an event at once, which is then looked at after the effects before it. Never throws.
   */
  dispatch(event: Event): void {
    if (this.#isBroken) return;
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#take(next);
      }
      this.#timer.set(nextDeadline(this.#state));
    } catch (error) {
      this.#break(error);
    } finally {
      this.#running = false;
    }
    this.#settle();
  }

  #take(event: Event): void {
    const { state, effects } = this.step(this.#state, event, this.clock.now());
    this.#state = state;
    for (const effect of effects) if (!this.#isBroken) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    try {
      const performed = this.targets.perform(effect);
      if (performed !== undefined) performed.catch((error) => this.failed(effect, error));
    } catch (error) {
      this.failed(effect, error);
    }
  }

  /** An effect that takes time could not be performed. */
  failed(effect: Effect, error: unknown): void {
    if (endsTheMaster(effect)) return this.#break(error);
    this.dispatch({ type: "effect-failed", effect, reason: explain(error) });
  }

  #break(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#queue.length = 0;
    this.#timer.set(undefined);
    this.targets.onBroken(error);
  }

  #settle(): void {
    try {
      this.targets.settled();
    } catch (error) {
      this.targets.onError(error);
    }
  }
}
