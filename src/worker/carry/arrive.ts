// Takes WebSockets that another worker offers over a link. What is decided is in
// ../../core/carry/arriving.ts.
//
// The app is asked by the upgrade request of each client, over a connection of our own. When it has
// upgraded that, the client's connection is put in its place: so Bun serves the client, as if it
// had connected to this worker.
import { Arriving, type ArrivingEffect } from "../../core/carry/arriving.ts";
import { restartFrame } from "../../core/farewell.ts";
import { peerAddress } from "../../net/address.ts";
import type { Polls } from "../../net/polls.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { explain } from "../../os/shortage.ts";
import type { Connections } from "../connections/connections.ts";
import type { WebSockets } from "../connections/websockets.ts";
import type { Link } from "../links/link.ts";
import { askedAgain } from "../movable/handshake-request.ts";
import type { Keeper } from "../movable/keeper.ts";
import type { CallHeader, OfferHeader } from "../movable/messages.ts";
import { callHere, terminate } from "../movable/moved.ts";
import type { History } from "../publish/history.ts";
import { type Tell, Trouble } from "../trouble.ts";
import { Arrival } from "./arrival.ts";
import type { CarryServer } from "./carry-server.ts";
import { readData } from "./clone.ts";
import { closeFrame } from "./frames.ts";
import { Places } from "./places.ts";
import { closeRaw } from "./raw-close.ts";
import { connectAs } from "./raw-socket.ts";
import { technique } from "./technique.ts";
import { transplant } from "./transplant.ts";

const ESSENTIAL = { isEssential: true };
/** How often to look in each turn of the event loop, before it is once in a millisecond. */
const HURRIED_TURNS = 16;
/** How often to look before those are taken that the app has upgraded, while others are not. */
const PATIENT_TURNS = 4;

export interface ArriveContext {
  readonly connections: Connections;
  /** What Bun's event loop waits for. Throws. */
  readonly polls: () => Polls;
  readonly webSockets: WebSockets;
  readonly keeper: Keeper;
  readonly history: History | undefined;
  /** Made when the first one comes. Throws. */
  readonly server: () => CarryServer;
  readonly closeCode: number;
  readonly tell: Tell;
  /** One more has come. */
  readonly onArrived: () => void;
}

export class Arrive {
  readonly #arriving = new Arriving<Arrival>();
  readonly #trouble: Trouble;
  /** Asked for, and not answered. */
  readonly #asked = new Set<Arrival>();
  /** Taken, and the client has not got all that the app has sent. */
  readonly #passingOn = new Set<Arrival>();
  /** To be asked for: the queue of our own server was full. */
  #toAsk: Arrival[] = [];
  readonly #places = new Places();
  #isLooking = false;
  /** Since anything has happened. */
  #turns = 0;
  /** Rejects if nothing can be taken here. */
  #ready: Promise<unknown> | undefined;

  constructor(readonly context: ArriveContext) {
    this.#trouble = new Trouble(context.tell, "carry-hindered", "taking WebSockets over");
  }

  /** Takes what comes over this link. */
  listen(link: Link): void {
    const arrivals = new Map<number, Arrival>();
    link.on("offer", (header, data) => {
      const { id } = header as OfferHeader;
      const fd = link.receiveDescriptor();
      if (fd === undefined) {
        return void link.send("refused", { id, why: "its descriptor has not arrived" });
      }
      const key = this.context.connections.keyOf(fd) ?? "";
      // Idle as it looks from here, nobody else is to close it.
      this.context.webSockets.noteMoving(key, true);
      const offered = { link, fd, key, header: header as OfferHeader, data: data.slice() };
      const arrival = new Arrival(offered);
      arrivals.set(id, arrival);
      this.#perform(this.#arriving.offered(arrival, performance.now()));
    });
    link.on("call", (header, data) => {
      const call = header as CallHeader & { readonly id: number };
      const arrival = arrivals.get(call.id);
      if (arrival?.isThere === true && arrival.socket !== undefined) {
        callHere(arrival.socket, call, data);
      } else {
        arrival?.calls.push([call, data.slice()]);
      }
    });
    link.onClosed(() => {
      this.#arriving.gone(link.peer);
      arrivals.clear();
    });
  }

  #perform(effects: readonly ArrivingEffect<Arrival>[]): void {
    for (const effect of effects) {
      const { offer } = effect;
      switch (effect.type) {
        case "ask":
          this.#toAsk.push(offer);
          this.#look();
          break;
        case "take":
          this.#take(offer);
          break;
        case "refuse":
          offer.offered.link.send(
            "refused",
            { id: offer.id, why: effect.why },
            undefined,
            ESSENTIAL,
          );
          this.#discard(offer);
          this.#release(offer);
          break;
        case "close": {
          this.#discard(offer);
          const { code, reason } = this.#frame;
          void this.#closeRaw(offer, closeFrame(code, reason));
          break;
        }
        default:
          effect satisfies never;
      }
    }
  }

  get #frame(): { readonly code: number; readonly reason: string } {
    return this.context.webSockets.frame ?? restartFrame(this.context.closeCode);
  }

  /** Ends what Bun has for it. The app hears of it, if it has heard of its beginning. */
  #discard(arrival: Arrival): void {
    this.#asked.delete(arrival);
    this.#passingOn.delete(arrival);
    if (arrival.token !== undefined) this.context.server().forget(arrival.token);
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
      this.#ready ??= technique(this.context.polls());
      await this.#ready;
      while (this.#arriving.count + this.#passingOn.size > 0) {
        this.#trouble.survive(() => this.#askAll());
        await this.#lookOnce().catch((error: unknown) => this.#trouble.note(error));
        this.#perform(this.#arriving.tick(performance.now()));
        // An app that takes its time is not waited for in a hurry.
        if (this.#turns++ < HURRIED_TURNS) await nextTurn();
        else await Bun.sleep(1);
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

  #askAll(): void {
    const all = this.#toAsk;
    this.#toAsk = [];
    for (const [at, arrival] of all.entries()) {
      try {
        this.#ask(arrival);
      } catch (error) {
        if (isFull(error)) {
          this.#toAsk = [...all.slice(at), ...this.#toAsk];
          return;
        }
        this.#answered(arrival, explain(error));
      }
    }
  }

  /** Throws if our own server cannot be connected to. */
  #ask(arrival: Arrival): void {
    const { connections } = this.context;
    const { fd, header, data } = arrival.offered;
    const client = peerAddress(fd);
    if (client === undefined || !connections.isOurs(fd)) {
      return this.#answered(arrival, "its client has gone");
    }
    const server = this.context.server();
    const own = connectAs(arrival.name, server.path);
    arrival.token = server.expect({
      client: { address: client.host, port: client.port },
      opened: (socket) => {
        arrival.socket = socket;
        // Bun asks the connection, which is our own for now.
        Object.defineProperty(socket, "remoteAddress", { configurable: true, value: client.host });
        const { topics, binaryType } = header;
        for (const topic of topics) socket.subscribe(topic);
        this.#sendMissed(socket, header);
        if (binaryType !== undefined) Object.assign(socket, { binaryType });
        return readData(data);
      },
    });
    arrival.ask(own, askedAgain(header.handshake, arrival.token));
    this.#asked.add(arrival);
    this.#turns = 0;
  }

  /** What has been published since it left the other worker. */
  #sendMissed(socket: Bun.ServerWebSocket<unknown>, { published, topics }: OfferHeader): void {
    const missed = this.context.history?.since(published, topics) ?? [];
    for (const { data, compress } of missed) socket.send(data, compress);
  }

  async #lookOnce(): Promise<void> {
    const upgraded: Arrival[] = [];
    for (const arrival of this.#asked) {
      const answer = arrival.read();
      if (answer === undefined) continue;
      if ("why" in answer) this.#answered(arrival, answer.why);
      else upgraded.push(arrival);
    }
    // Each look for their places takes time: it is worth while for many.
    const waits = upgraded.length < this.#asked.size && this.#turns++ < PATIENT_TURNS;
    if (upgraded.length > 0 && !waits) await this.#takeAll(upgraded);
    for (const arrival of this.#passingOn) this.#passOn(arrival);
  }

  #answered(arrival: Arrival, why: string): void {
    this.#perform(this.#arriving.answered(arrival, why, performance.now()));
  }

  /** In several turns of the event loop, as each look takes time if there are many connections. */
  async #takeAll(upgraded: readonly Arrival[]): Promise<void> {
    this.#turns = 0;
    const names = upgraded.map(({ name }) => name);
    const found = this.#places.find(names, Math.max(...upgraded.map(({ highest }) => highest)));
    await nextTurn();
    const polls = this.context.polls().among(new Set(found.values()));
    await nextTurn();
    for (const arrival of upgraded) {
      // It may have been given up meanwhile.
      if (!this.#asked.has(arrival)) continue;
      const fd = found.get(arrival.name);
      const poll = fd === undefined ? undefined : polls.get(fd);
      if (fd !== undefined && poll !== undefined) arrival.place = { fd, poll };
      const why = this.#whyNot(arrival);
      if (why === undefined) this.#perform(this.#arriving.upgraded(arrival, performance.now()));
      else this.#answered(arrival, why);
    }
  }

  #whyNot({ hasEnded, socket, offered, place }: Arrival): string | undefined {
    if (hasEnded) return undefined;
    const { protocol = "" } = (socket && this.context.keeper.of(socket)) ?? {};
    if (protocol !== offered.header.protocol) return `its subprotocol is "${protocol}"`;
    return place === undefined ? "Bun has lost it" : undefined;
  }

  /** From now on nobody else has it. */
  #take(arrival: Arrival): void {
    const { link } = arrival.offered;
    this.#asked.delete(arrival);
    arrival.isTaken = true;
    link.send("taken", { id: arrival.id }, undefined, ESSENTIAL);
    // Before anything is read or written.
    link.flush();
    this.#passingOn.add(arrival);
    this.#passOn(arrival);
  }

  /** Puts the client's connection in its place, once all that the app has sent is passed on. */
  #passOn(arrival: Arrival): void {
    const isAll = arrival.passOn();
    if (arrival.hasEnded) {
      // The app has closed it, with a close frame that is to be passed on.
      this.#passingOn.delete(arrival);
      arrival.closeOwn();
      return void this.#closeRaw(arrival, arrival.early);
    }
    if (isAll === undefined) {
      this.#discard(arrival);
      return this.#release(arrival);
    }
    if (!isAll) return;
    this.#passingOn.delete(arrival);
    this.#transplant(arrival);
  }

  #transplant(arrival: Arrival): void {
    const { webSockets } = this.context;
    const { socket, place, offered, calls } = arrival;
    try {
      if (socket === undefined || place === undefined) throw new Error("Bun has lost it");
      transplant(this.context.polls(), place.fd, place.poll, offered.fd);
      arrival.isThere = true;
      arrival.closeOwn();
      webSockets.arrive(socket, offered.key);
      this.context.onArrived();
      for (const [call, data] of calls.splice(0)) callHere(socket, call, data);
    } catch (error) {
      this.#trouble.note(error);
      this.#discard(arrival);
    }
    this.#release(arrival);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
