// One pass of the control loop over a draft of the state: the changes it makes, and the effects it
// asks for.
//
// `step` opens a turn, the rules of this folder read and change it, and closing it gives the next
// state. The given state is never touched: a turn copies the tables and replaces their rows.

import type { Effect, LogFields, LogLevel } from "./effects.ts";
import type { LogEvent } from "./log-events.ts";
import type { AcceptGroup, Generation, Listener, Phase, State, Worker } from "./state.ts";

type Draft = { -readonly [K in keyof State]: State[K] };

export class Turn {
  readonly #draft: Draft;
  readonly #workers: Map<number, Worker>;
  readonly #generations: Map<number, Generation>;
  readonly #groups: Map<string, AcceptGroup>;
  /** As it is by now. */
  readonly state: State;
  readonly effects: Effect[] = [];

  /** @param now milliseconds on a clock that never goes back. */
  constructor(
    /** The state before the event. */
    readonly before: State,
    readonly now: number,
  ) {
    this.#workers = new Map(before.workers);
    this.#generations = new Map(before.generations);
    this.#groups = new Map(before.groups);
    this.#draft = {
      ...before,
      workers: this.#workers,
      generations: this.#generations,
      groups: this.#groups,
    };
    this.state = this.#draft;
  }

  /** Changes plain fields of the state; the tables have methods of their own. */
  set(change: Partial<Omit<State, "workers" | "generations" | "groups">>): void {
    Object.assign(this.#draft, change);
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  log(level: LogLevel, event: LogEvent, message: string, fields?: LogFields): void {
    this.emit({ type: "log", level, event, message, ...(fields && { fields }) });
  }

  worker(id: number): Worker {
    const worker = this.#workers.get(id);
    if (worker === undefined) throw new Error(`worker ${id} is not known`);
    return worker;
  }

  setPhase(id: number, phase: Phase): void {
    this.#workers.set(id, { ...this.worker(id), phase });
  }

  putWorker(worker: Worker): void {
    this.#workers.set(worker.id, worker);
  }

  putListener(id: number, address: string, listener: Listener): void {
    const worker = this.worker(id);
    this.putWorker({ ...worker, listeners: new Map(worker.listeners).set(address, listener) });
  }

  forgetWorker(id: number): void {
    this.#workers.delete(id);
  }

  generation(number: number): Generation {
    const generation = this.#generations.get(number);
    if (generation === undefined) throw new Error(`generation ${number} is not known`);
    return generation;
  }

  putGeneration(generation: Generation): void {
    this.#generations.set(generation.number, generation);
  }

  forgetGeneration(number: number): void {
    this.#generations.delete(number);
  }

  putGroup(address: string, group: AcceptGroup): void {
    if (group.members.length === 0) this.#groups.delete(address);
    else this.#groups.set(address, group);
  }

  workersOf(generation: number): Worker[] {
    const found: Worker[] = [];
    for (const worker of this.#workers.values()) {
      if (worker.generation === generation) found.push(worker);
    }
    return found;
  }
}
