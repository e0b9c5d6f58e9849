// Takes WebSockets that another worker offers over a link. What is decided is in
// ../../core/carry/arriving.ts.
//
// The app is asked by the upgrade request of each client, over a connection of our own. When it has
// upgraded that, the client's connection is put in its place: so Bun serves the client, as if it
// had connected to this worker. Until then nothing is sent to the client, and the app's handlers
// are not called.
import { Arriving, type ArrivingEffect, type Offer } from "../../core/carry/arriving.ts";
import { peerAddress } from "../../net/address.ts";
import type { Poll, Polls } from "../../net/polls.ts";
import { peerPath } from "../../net/unix-address.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { descriptors } from "../../os/open-descriptors.ts";
import { explain } from "../../os/shortage.ts";
import type { Connections } from "../connections/connections.ts";
import type { WebSockets } from "../connections/websockets.ts";
import type { Link } from "../links/link.ts";
import type { History } from "../publish/history.ts";
import { Trouble, type Tell } from "../trouble.ts";
import type { Start } from "../movable/asked.ts";
import type { CarryServer } from "./carry-server.ts";
import { readData } from "./clone.ts";
import { askedAgain, readAnswer } from "../movable/handshake-request.ts";
import type { Keeper } from "../movable/keeper.ts";
import type { CallHeader, OfferHeader } from "../movable/messages.ts";
import { callHere } from "../movable/moved.ts";
import { closeRaw } from "./raw-close.ts";
import { connectAs, readNow, write } from "./raw-socket.ts";
import { technique } from "./technique.ts";
import { transplant } from "./transplant.ts";

type Socket = Bun.ServerWebSocket<unknown>;

const REASON = "Service Restart";
const ESSENTIAL = { isEssential: true };

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
}

/** One that has come. */
interface Arrival extends Offer {
  readonly link: Link;
  /** The client's connection. */
  readonly fd: number;
  readonly header: OfferHeader;
  readonly data: Uint8Array;
  /** What our own connection is bound to. */
  readonly name: string;
  /** What the old code has called meanwhile. */
  readonly calls: [CallHeader, Uint8Array][];
  /** Our own connection, once the app has been asked. */
  own: number | undefined;
  token: string | undefined;
  answer: string;
  socket: Socket | undefined;
  start: Start | undefined;
  /** Where Bun has our own connection, once that was found. */
  place: { readonly fd: number; readonly poll: Poll } | undefined;
  isTaken: boolean;
}

/** How often to look in each turn of the event loop, before it is once in a millisecond. */
const HURRIED_TURNS = 16;

let lastName = 0;

export class Arrive {
  readonly #arriving = new Arriving<Arrival>();
  readonly #trouble: Trouble;
  /** Asked for, and not answered. */
  readonly #asked = new Set<Arrival>();
  /** To be asked for: the queue of our own server was full. */
  #toAsk: Arrival[] = [];
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
    const offered = new Map<number, Arrival>();
    link.on("offer", (header, data) => {
      const fd = link.receiveDescriptor();
      const { id } = header as OfferHeader;
      if (fd === undefined) {
        return void link.send("refused", { id, why: "its descriptor has not arrived" });
      }
      const arrival = this.#arrivalOf(link, fd, header as OfferHeader, data.slice());
      offered.set(id, arrival);
      this.#perform(this.#arriving.offered(arrival, performance.now()));
    });
    link.on("call", (header, data) => {
      const call = header as CallHeader & { readonly id: number };
      const arrival = offered.get(call.id);
      if (arrival === undefined) return;
      if (arrival.isTaken && arrival.socket !== undefined) callHere(arrival.socket, call, data);
      else arrival.calls.push([call, data.slice()]);
    });
    link.onClosed(() => {
      this.#arriving.gone(link.peer);
      offered.clear();
    });
  }

  #arrivalOf(link: Link, fd: number, header: OfferHeader, data: Uint8Array): Arrival {
    return {
      from: link.peer,
      id: header.id,
      link,
      fd,
      header,
      data,
      name: `@pounce-arrive-${process.pid}-${++lastName}`,
      calls: [],
      own: undefined,
      token: undefined,
      answer: "",
      socket: undefined,
      start: undefined,
      place: undefined,
      isTaken: false,
    };
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
          refuse(offer, effect.why);
          closeDescriptor(offer.fd);
          this.#discard(offer);
          break;
        case "close":
          void closeRaw(offer.fd, this.context.closeCode, REASON);
          this.#discard(offer);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** What the app has opened for it is ended: the app has not heard of it. */
  #discard(arrival: Arrival): void {
    this.#asked.delete(arrival);
    if (arrival.token !== undefined) this.context.server().forget(arrival.token);
    if (arrival.own !== undefined) closeDescriptor(arrival.own);
    arrival.own = undefined;
    if (arrival.socket !== undefined) this.context.webSockets.letGo(arrival.socket);
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
      while (this.#arriving.count > 0) {
        this.#trouble.survive(() => this.#askAll());
        this.#trouble.survive(() => this.#lookOnce());
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
        if (!isFull(error)) {
          const why = explain(error);
          this.#perform(this.#arriving.answered(arrival, why, performance.now()));
          continue;
        }
        this.#toAsk = [...all.slice(at), ...this.#toAsk];
        return;
      }
    }
  }

  /** Throws if our own server cannot be connected to. */
  #ask(arrival: Arrival): void {
    const { connections } = this.context;
    const { fd, header, name } = arrival;
    const client = peerAddress(fd);
    if (client === undefined || !connections.isOurs(fd)) {
      const why = "its client has gone";
      return this.#perform(this.#arriving.answered(arrival, why, performance.now()));
    }
    const server = this.context.server();
    arrival.own = connectAs(name, server.path);
    arrival.token = server.expect({
      client: { address: client.host, port: client.port },
      opened: (socket, start) => {
        arrival.socket = socket;
        arrival.start = start;
      },
    });
    write(arrival.own, askedAgain(header.handshake, arrival.token));
    this.#asked.add(arrival);
    this.#turns = 0;
  }

  #lookOnce(): void {
    const upgraded: Arrival[] = [];
    for (const arrival of this.#asked) {
      const bytes = arrival.own === undefined ? undefined : readNow(arrival.own);
      if (bytes === undefined) {
        this.#answered(arrival, "the connection to it was closed");
        continue;
      }
      if (bytes.length > 0) arrival.answer += bytes.toString("latin1");
      const answer = readAnswer(arrival.answer);
      if (answer === undefined) continue;
      if (!answer.isUpgraded) this.#answered(arrival, `it answered ${answer.status}`);
      else if (arrival.socket !== undefined) upgraded.push(arrival);
    }
    if (upgraded.length === 0) return;
    this.#turns = 0;
    this.#takeAll(upgraded);
  }

  #answered(arrival: Arrival, why: string): void {
    this.#perform(this.#arriving.answered(arrival, why, performance.now()));
  }

  #takeAll(upgraded: readonly Arrival[]): void {
    const { keeper } = this.context;
    const wanted = new Map(upgraded.map((arrival) => [arrival.name, arrival]));
    const places = new Map<Arrival, number>();
    for (const fd of descriptors()) {
      const arrival = wanted.get(peerPath(fd) ?? "");
      if (arrival !== undefined) places.set(arrival, fd);
    }
    const all = this.context.polls().all();
    for (const arrival of upgraded) {
      const fd = places.get(arrival);
      const poll = fd === undefined ? undefined : all.get(fd);
      const { protocol = "" } = (arrival.socket && keeper.of(arrival.socket)) ?? {};
      if (protocol !== arrival.header.protocol) {
        this.#answered(arrival, `its subprotocol is "${protocol}"`);
      } else if (fd === undefined || poll === undefined) {
        this.#answered(arrival, "Bun has lost it");
      } else {
        arrival.place = { fd, poll };
        this.#perform(this.#arriving.upgraded(arrival, performance.now()));
      }
    }
  }

  /** From now on nobody else has it. */
  #take(arrival: Arrival): void {
    const { connections, webSockets } = this.context;
    const { socket, start, place, link, id, fd, own, header } = arrival;
    this.#asked.delete(arrival);
    if (socket === undefined || start === undefined || place === undefined) return;
    const key = connections.keyOf(fd);
    try {
      transplant(this.context.polls(), place.fd, place.poll, fd, () => {
        arrival.isTaken = true;
        link.send("taken", { id }, undefined, ESSENTIAL);
        // Before Bun reads anything.
        link.flush();
      });
    } catch (error) {
      this.#trouble.note(error);
      if (arrival.isTaken) {
        void closeRaw(fd, this.context.closeCode, REASON);
      } else {
        refuse(arrival, explain(error));
        closeDescriptor(fd);
      }
      return this.#discard(arrival);
    }
    closeDescriptor(fd);
    if (own !== undefined) closeDescriptor(own);
    arrival.own = undefined;
    webSockets.rename(socket, key ?? "");
    for (const topic of header.topics) socket.subscribe(topic);
    this.#sendMissed(socket, header);
    if (header.binaryType !== undefined) Object.assign(socket, { binaryType: header.binaryType });
    begin(start, arrival.data);
    for (const [call, data] of arrival.calls) callHere(socket, call, data);
    arrival.calls.length = 0;
  }

  /** What has been published since it left the other worker. */
  #sendMissed(socket: Socket, { published, topics }: OfferHeader): void {
    const missed = this.context.history?.since(published, topics) ?? [];
    for (const { data, compress } of missed) socket.send(data, compress);
  }
}

function refuse({ link, id }: Arrival, why: string): void {
  link.send("refused", { id, why }, undefined, ESSENTIAL);
}

/** What the app throws is thrown where Bun would see it. */
function begin(start: Start, data: Uint8Array): void {
  try {
    const result = start(readData(data));
    if (result instanceof Promise) void result;
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
