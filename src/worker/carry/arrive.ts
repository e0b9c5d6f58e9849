// Takes WebSockets that another worker offers over a link. What is decided is in
// ../../core/carry/arriving.ts.
//
// The app is asked for each, see ask-app.ts. What it has upgraded becomes this worker's, and the
// client's connection is put in the place of our own, see put-in-place.ts.
import { Arriving, type ArrivingEffect } from "../../core/carry/arriving.ts";
import { restartFrame } from "../../core/farewell.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { explain } from "../../os/shortage.ts";
import type { Link } from "../links/link.ts";
import type { CallHeader, OfferHeader } from "../movable/messages.ts";
import { terminate } from "../movable/moved.ts";
import { type Tell, Trouble } from "../trouble.ts";
import { Arrival } from "./arrival.ts";
import { AskApp, type AskAppContext } from "./ask-app.ts";
import { closeFrame, endWithClose } from "./frames.ts";
import { PutInPlace, type PutInPlaceContext } from "./put-in-place.ts";
import { closeRaw } from "./raw-close.ts";
import { technique } from "./technique.ts";
import { TurnClock } from "./turn-clock.ts";
import type { ServeTrial } from "./trial-servers.ts";

const ESSENTIAL = { isEssential: true };
/** How often to look in each turn of the event loop, before it is once in a millisecond. */
const HURRIED_TURNS = 16;
/** How often, if there are only clients that are slow to take what the app has sent. */
const SLOW_CLIENTS_MS = 10;

export interface ArriveContext extends AskAppContext, PutInPlaceContext {
  /** As the app's WebSockets are served. */
  readonly trial: ServeTrial;
  readonly closeCode: number;
  readonly tell: Tell;
  /** The app has thrown this when it was told of one that comes. */
  readonly onThrown: (error: unknown) => void;
}

export class Arrive {
  readonly #arriving = new Arriving<Arrival>();
  readonly #trouble: Trouble;
  readonly #app: AskApp;
  readonly #places: PutInPlace;
  readonly #clock = new TurnClock();
  /** Of each link, by their numbers there. */
  readonly #arrivals = new Set<ReadonlyMap<number, Arrival>>();
  #isLooking = false;
  /** Looks, since one was to be asked for. */
  #turns = 0;
  /** Rejects if nothing can be taken here. */
  #ready: Promise<unknown> | undefined;

  constructor(readonly context: ArriveContext) {
    this.#trouble = new Trouble(context.tell, "carry-hindered", "taking WebSockets over");
    this.#app = new AskApp(context, {
      upgraded: (arrival) => this.#perform(this.#arriving.upgraded(arrival, this.#clock.nowMs)),
      refused: (arrival, why) => {
        this.#perform(this.#arriving.answered(arrival, why, this.#clock.nowMs));
      },
      threw: context.onThrown,
    });
    this.#places = new PutInPlace(context, {
      done: (arrival) => this.#release(arrival),
      lost: (arrival) => this.#drop(arrival),
      ended: (arrival) => {
        arrival.closeOwn();
        const { early } = arrival;
        void this.#closeRaw(arrival, endWithClose(early) ? early : this.#withClose(early));
      },
      failed: (arrival, error) => {
        this.#trouble.note(error);
        this.#drop(arrival);
      },
    });
  }

  /** Takes what comes over this link. */
  listen(link: Link): void {
    const arrivals = new Map<number, Arrival>();
    this.#arrivals.add(arrivals);
    link.on("offer", (header, data) => {
      const { id, descriptor } = header as OfferHeader;
      const fd = link.receiveDescriptor(descriptor);
      if (fd === undefined) {
        return void link.send("refused", {
          id,
          why: "its descriptor has not arrived: are too few open files allowed (LimitNOFILE)?",
        });
      }
      const key = this.context.connections.keyOf(fd) ?? "";
      // Idle as it looks from here, nobody else is to close it.
      this.context.webSockets.noteMoving(key, true);
      const offered = { link, fd, key, header: header as OfferHeader, data: data.slice() };
      const arrival = new Arrival(offered);
      arrivals.set(id, arrival);
      this.#perform(this.#arriving.offered(arrival, this.#clock.nowMs));
    });
    link.on("call", (header, data) => {
      const call = header as CallHeader & { readonly id: number };
      const arrival = arrivals.get(call.id);
      if (arrival?.isThere === true) arrival.call(call, data);
      else arrival?.calls.push([call, data.slice()]);
    });
    link.onClosed(() => {
      this.#arriving.gone(link.peer);
      arrivals.clear();
      this.#arrivals.delete(arrivals);
    });
  }

  /** Whether workers that still live send through this one what has moved on from here. */
  get passesOn(): boolean {
    return [...this.#arrivals].some((all) => all.values().some((it) => it.hasMovedOn));
  }

  #perform(effects: readonly ArrivingEffect<Arrival>[]): void {
    for (const effect of effects) {
      const { offer } = effect;
      switch (effect.type) {
        case "ask":
          this.#app.add(offer);
          this.#turns = 0;
          this.#look();
          break;
        case "take":
          this.#take(offer);
          break;
        case "refuse":
          tell(offer, "refused", { why: effect.why });
          this.#drop(offer);
          break;
        case "close": {
          this.#discard(offer);
          void this.#closeRaw(offer, this.#withClose());
          break;
        }
        default:
          effect satisfies never;
      }
    }
  }

  /** @param early what is to be sent before the close frame */
  #withClose(early: Uint8Array = new Uint8Array(0)): Uint8Array {
    const { webSockets, closeCode } = this.context;
    const { code, reason } = webSockets.frame ?? restartFrame(closeCode);
    return Buffer.concat([early, closeFrame(code, reason)]);
  }

  /** From now on nobody else has it. */
  #take(arrival: Arrival): void {
    arrival.isTaken = true;
    tell(arrival, "taken", {});
    // Before anything is read or written.
    arrival.offered.link.flush();
    this.#places.add(arrival);
  }

  #drop(arrival: Arrival): void {
    this.#discard(arrival);
    this.#release(arrival);
  }

  /** Ends what Bun has for it. The app hears of it, if it has heard of its beginning. */
  #discard(arrival: Arrival): void {
    this.#app.forget(arrival);
    this.#places.forget(arrival);
    arrival.closeOwn();
    if (arrival.socket !== undefined) terminate(arrival.socket);
  }

  #release({ offered }: Arrival): void {
    closeDescriptor(offered.fd);
    this.context.webSockets.noteMoving(offered.key, false);
  }

  async #closeRaw({ offered }: Arrival, last: Uint8Array): Promise<void> {
    await closeRaw(offered.fd, last);
    this.context.webSockets.noteMoving(offered.key, false);
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookOn();
  }

  async #lookOn(): Promise<void> {
    try {
      this.#ready ??= technique(this.context.polls(), this.context.trial);
      await this.#ready;
      while (this.#arriving.count + this.#places.count > 0) {
        this.#clock.turn();
        this.#trouble.survive(() => this.#app.askAll());
        await this.#app.look().catch((error: unknown) => this.#trouble.note(error));
        this.#places.look();
        this.#perform(this.#arriving.tick(this.#clock.nowMs));
        // An app that takes its time is not waited for in a hurry.
        if (this.#turns++ < HURRIED_TURNS) await nextTurn();
        else await Bun.sleep(this.#arriving.count > 0 ? 1 : SLOW_CLIENTS_MS);
      }
    } catch (error) {
      this.#trouble.note(error);
      this.#perform(this.#arriving.stop(explain(error)));
    } finally {
      this.#isLooking = false;
      // What has come in the meantime.
      if (this.#arriving.count > 0) this.#look();
    }
  }
}

/** Tells the other worker. */
function tell({ offered, id }: Arrival, type: "taken" | "refused", words: object): void {
  offered.link.send(type, { id, ...words }, undefined, ESSENTIAL);
}
