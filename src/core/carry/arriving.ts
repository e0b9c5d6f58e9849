// What becomes of WebSockets that another worker offers: the side of the new version. What it
// decides is done by ../../worker/carry/arrive.ts.
//
// A connection that was offered belongs to the other worker. The app is asked by the upgrade
// request of its client. If it upgrades, the other worker is told, in the same moment as the
// connection becomes this worker's. From then on nobody else has it.

/** How long the app may take to upgrade a connection. */
export const UPGRADE_WITHIN_MS = 2000;
/** How many connections the app is asked for at a time: a turn of the event loop is to be short. */
const MOST_ASKED = 200;

/** Names a connection: the worker that offers it, and its number there. */
export interface Offer {
  readonly from: number;
  readonly id: number;
}

type Arrival<T> =
  | { readonly name: "waiting"; readonly offer: T }
  | { readonly name: "asked"; readonly offer: T; readonly untilMs: number };

export type ArrivingEffect<T> =
  /** Ask the app by the upgrade request. */
  | { readonly type: "ask"; readonly offer: T }
  /** Tell the other worker, and serve it. */
  | { readonly type: "take"; readonly offer: T }
  /** Tell the other worker, close our descriptor, and forget what the app has answered. */
  | { readonly type: "refuse"; readonly offer: T; readonly why: string }
  /** Close our descriptor after a close frame: there is nobody to tell. */
  | { readonly type: "close"; readonly offer: T; readonly why: string };

export class Arriving<T extends Offer> {
  readonly #arrivals = new Map<string, Arrival<T>>();
  readonly #waiting: T[] = [];
  /** Workers that have ended: what they have offered is nobody else's. */
  readonly #gone = new Set<number>();
  #asked = 0;

  /** How many were offered, and are neither taken nor refused. */
  get count(): number {
    return this.#arrivals.size;
  }

  /** One more is offered. */
  offered(offer: T, nowMs: number): ArrivingEffect<T>[] {
    this.#arrivals.set(nameOf(offer), { name: "waiting", offer });
    this.#waiting.push(offer);
    return this.#askNext(nowMs);
  }

  /** The app has upgraded it. */
  upgraded(offer: Offer, nowMs: number): ArrivingEffect<T>[] {
    const arrival = this.#end(offer);
    if (arrival === undefined) return [];
    return [{ type: "take", offer: arrival.offer }, ...this.#askNext(nowMs)];
  }

  /** The app has answered something else, or it cannot be served here. @param why in words */
  answered(offer: Offer, why: string, nowMs: number): ArrivingEffect<T>[] {
    const arrival = this.#end(offer);
    if (arrival === undefined) return [];
    return [this.#refuse(arrival.offer, why), ...this.#askNext(nowMs)];
  }

  /** The other worker has ended. What it has offered is served all the same, or closed here. */
  gone(worker: number): void {
    this.#gone.add(worker);
  }

  /** Gives up those for which the app has had its time. */
  tick(nowMs: number): ArrivingEffect<T>[] {
    const effects: ArrivingEffect<T>[] = [];
    for (const arrival of this.#arrivals.values()) {
      if (arrival.name === "waiting" || nowMs < arrival.untilMs) continue;
      effects.push(...this.answered(arrival.offer, "it did not answer in time", nowMs));
    }
    return effects;
  }

  /** This worker is to end, and takes nothing more. */
  stop(why: string): ArrivingEffect<T>[] {
    const offers = [...this.#arrivals.values()].map(({ offer }) => offer);
    this.#arrivals.clear();
    this.#waiting.length = 0;
    this.#asked = 0;
    return offers.map((offer) => this.#refuse(offer, why));
  }

  #refuse(offer: T, why: string): ArrivingEffect<T> {
    return this.#gone.has(offer.from)
      ? { type: "close", offer, why }
      : { type: "refuse", offer, why };
  }

  #askNext(nowMs: number): ArrivingEffect<T>[] {
    const effects: ArrivingEffect<T>[] = [];
    while (this.#asked < MOST_ASKED) {
      const offer = this.#waiting.shift();
      if (offer === undefined) break;
      const untilMs = nowMs + UPGRADE_WITHIN_MS;
      this.#arrivals.set(nameOf(offer), { name: "asked", offer, untilMs });
      this.#asked++;
      effects.push({ type: "ask", offer });
    }
    return effects;
  }

  #end(offer: Offer): Arrival<T> | undefined {
    const name = nameOf(offer);
    const arrival = this.#arrivals.get(name);
    if (arrival === undefined) return undefined;
    this.#arrivals.delete(name);
    if (arrival.name === "asked") this.#asked--;
    else this.#waiting.splice(this.#waiting.indexOf(arrival.offer), 1);
    return arrival;
  }
}

function nameOf({ from, id }: Offer): string {
  return `${from} ${id}`;
}
