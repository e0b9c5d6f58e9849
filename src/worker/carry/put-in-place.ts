// Puts connections of clients in the place of our own ones, once clients have got all that the app
// has sent to those. From then on Bun serves the clients, as if they had connected to this worker.
import type { Polls } from "../../net/polls.ts";
import type { WebSockets } from "../connections/websockets.ts";
import type { Arrival } from "./arrival.ts";
import { transplant } from "./transplant.ts";

export interface PutInPlaceContext {
  /** What Bun's event loop waits for. Throws. */
  readonly polls: () => Polls;
  readonly webSockets: WebSockets;
  /** One more has come. */
  readonly onArrived: () => void;
}

/** Hears what has become of one. */
export interface Placing {
  /** Bun serves the client. */
  readonly done: (arrival: Arrival) => void;
  /** The client has gone. */
  readonly lost: (arrival: Arrival) => void;
  /** The app has closed it: the client is to get what it has sent last. */
  readonly ended: (arrival: Arrival) => void;
  /** Bun serves nobody. */
  readonly failed: (arrival: Arrival, error: unknown) => void;
}

export class PutInPlace {
  readonly #passingOn = new Set<Arrival>();

  constructor(
    readonly context: PutInPlaceContext,
    readonly placing: Placing,
  ) {}

  /** How many clients have not got all yet. */
  get count(): number {
    return this.#passingOn.size;
  }

  add(arrival: Arrival): void {
    this.#passingOn.add(arrival);
    this.#passOn(arrival);
  }

  forget(arrival: Arrival): void {
    this.#passingOn.delete(arrival);
  }

  look(): void {
    for (const arrival of this.#passingOn) this.#passOn(arrival);
  }

  #passOn(arrival: Arrival): void {
    const isAll = arrival.passOn();
    if (isAll === false && !arrival.hasEnded) return;
    if (isAll === true && !arrival.hasEnded && !arrival.isHeard(performance.now())) return;
    this.#passingOn.delete(arrival);
    if (arrival.hasEnded) this.placing.ended(arrival);
    else if (isAll === undefined) this.placing.lost(arrival);
    else this.#put(arrival);
  }

  #put(arrival: Arrival): void {
    const { polls, webSockets, onArrived } = this.context;
    const { socket, place, offered, calls } = arrival;
    try {
      if (socket === undefined || place === undefined) throw new Error("Bun has lost it");
      transplant(polls(), place.fd, place.poll, offered.fd);
      arrival.isThere = true;
      arrival.closeOwn();
      webSockets.arrive(socket, offered.key);
      onArrived();
      for (const [call, data] of calls.splice(0)) arrival.call(call, data);
    } catch (error) {
      return this.placing.failed(arrival, error);
    }
    this.placing.done(arrival);
  }
}
