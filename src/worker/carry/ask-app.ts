// Asks the app for WebSockets that another worker offers, by the upgrade request of each client,
// over a connection of our own; and finds where Bun has that connection, once the app has upgraded.
import { peerAddress } from "../../net/address.ts";
import { parseSome, type Polls } from "../../net/polls.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { explain } from "../../os/shortage.ts";
import type { Connections } from "../connections/connections.ts";
import { askedAgain } from "../movable/handshake-request.ts";
import type { Keeper } from "../movable/keeper.ts";
import type { OfferHeader } from "../movable/messages.ts";
import type { History } from "../publish/history.ts";
import type { Arrival } from "./arrival.ts";
import type { CarryServer } from "./carry-server.ts";
import { readData } from "./clone.ts";
import { endWithClose } from "./frames.ts";
import { Places } from "./places.ts";
import { connectAs } from "./raw-socket.ts";
import { TURN_MS } from "./turn-time.ts";

/** How many are asked for in one turn of the event loop: Bun upgrades them all in one. */
const ASKED_AT_ONCE = 32;
/** How often to look before those are taken that the app has upgraded, while others are not. */
const PATIENT_TURNS = 4;

const ENDED_AT_ONCE = "the app ended it at once, without a close frame";

export interface AskAppContext {
  readonly connections: Connections;
  /** What Bun's event loop waits for. Throws. */
  readonly polls: () => Polls;
  readonly keeper: Keeper;
  readonly history: History | undefined;
  /** Made when the first one comes. Throws. */
  readonly server: () => CarryServer;
}

/** Hears what the app has answered. */
export interface Answers {
  readonly upgraded: (arrival: Arrival) => void;
  readonly refused: (arrival: Arrival, why: string) => void;
  /** The app has thrown this when it was told of one. */
  readonly threw: (error: unknown) => void;
}

export class AskApp {
  /** Asked for, and not answered. */
  readonly #asked = new Set<Arrival>();
  /** To be asked for, in this turn or, if there are many, in a later one. */
  readonly #waiting: Arrival[] = [];
  readonly #places = new Places();
  /** Looks, since one was asked for or answered. */
  #turns = 0;

  constructor(
    readonly context: AskAppContext,
    readonly answers: Answers,
  ) {}

  /** Is to be asked for by the next `askAll`. */
  add(arrival: Arrival): void {
    this.#waiting.push(arrival);
  }

  /** It is not asked for any more, or the answer is not waited for. */
  forget(arrival: Arrival): void {
    this.#asked.delete(arrival);
    const at = this.#waiting.indexOf(arrival);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (arrival.token !== undefined) this.context.server().forget(arrival.token);
  }

  askAll(): void {
    const some = this.#waiting.splice(0, ASKED_AT_ONCE);
    for (const [at, arrival] of some.entries()) {
      try {
        this.#ask(arrival);
      } catch (error) {
        if (isFull(error)) return void this.#waiting.unshift(...some.slice(at));
        this.answers.refused(arrival, explain(error));
      }
    }
  }

  /** Throws if our own server cannot be connected to. */
  #ask(arrival: Arrival): void {
    const { fd, header, data } = arrival.offered;
    const client = peerAddress(fd);
    if (client === undefined) return this.answers.refused(arrival, "its client has gone");
    if (!this.context.connections.isOurs(fd)) {
      return this.answers.refused(arrival, "it came in on an address that is not served any more");
    }
    const server = this.context.server();
    const own = connectAs(arrival.name, server.path);
    arrival.token = server.expect({
      client: { address: client.host, port: client.port },
      opened: (socket, outer) => {
        arrival.socket = socket;
        arrival.outer = outer;
        // Bun asks the connection, which is our own for now.
        Object.defineProperty(socket, "remoteAddress", { configurable: true, value: client.host });
        const { topics, binaryType, socketIo } = header;
        if (socketIo !== undefined) this.context.keeper.socketIo.arrived(socket, socketIo);
        this.context.keeper.came(socket, header.suspected);
        // The rest is for WebSockets of Bun.
        if (outer !== undefined) return undefined;
        for (const topic of topics) socket.subscribe(topic);
        this.#sendMissed(socket, header);
        if (binaryType !== undefined) Object.assign(socket, { binaryType });
        return readData(data);
      },
      threw: (error) => {
        arrival.hasThrown = true;
        this.answers.threw(error);
      },
    });
    arrival.ask(own, askedAgain(header.handshake, arrival.token));
    this.#asked.add(arrival);
    this.#turns = 0;
  }

  /** What has been published since it left the other worker. */
  #sendMissed(socket: Bun.ServerWebSocket<unknown>, { published, topics }: OfferHeader): void {
    const missed = published && this.context.history?.since(published, topics);
    for (const { data, compress } of missed ?? []) socket.send(data, compress);
  }

  /** Looks what has been answered. */
  async look(): Promise<void> {
    const upgraded: Arrival[] = [];
    for (const arrival of this.#asked) {
      const answer = arrival.read();
      if (answer === undefined) continue;
      if ("why" in answer) this.answers.refused(arrival, answer.why);
      else upgraded.push(arrival);
    }
    if (upgraded.length === 0) return;
    // Each look for their places takes time: it is worth while for many.
    if (upgraded.length < this.#asked.size && this.#turns++ < PATIENT_TURNS) return;
    this.#turns = 0;
    await this.#findPlaces(upgraded);
    let untilMs = performance.now() + TURN_MS;
    for (const arrival of upgraded) {
      if (performance.now() > untilMs) {
        await nextTurn();
        untilMs = performance.now() + TURN_MS;
      }
      // It may have been given up meanwhile.
      if (!this.#asked.has(arrival)) continue;
      const why = this.#whyNot(arrival);
      if (why !== undefined) this.answers.refused(arrival, why);
      else if (this.#asked.delete(arrival)) this.answers.upgraded(arrival);
    }
  }

  /** In several turns of the event loop, as each look takes time if there are many connections. */
  async #findPlaces(upgraded: readonly Arrival[]): Promise<void> {
    const names = upgraded.map(({ name }) => name);
    const found = this.#places.find(names, Math.max(...upgraded.map(({ highest }) => highest)));
    await nextTurn();
    const text = this.context.polls().text();
    await nextTurn();
    const polls = parseSome(text, new Set(found.values()));
    for (const arrival of upgraded) {
      const fd = found.get(arrival.name);
      const poll = fd === undefined ? undefined : polls.get(fd);
      if (fd !== undefined && poll !== undefined) arrival.place = { fd, poll };
    }
  }

  #whyNot({ hasEnded, hasThrown, early, socket, offered, place }: Arrival): string | undefined {
    if (hasThrown) return "the app threw";
    if (hasEnded) return endWithClose(early) ? undefined : ENDED_AT_ONCE;
    const { protocol = "" } = (socket && this.context.keeper.of(socket)) ?? {};
    if (protocol !== offered.header.protocol) return `its subprotocol is "${protocol}"`;
    return place === undefined ? "Bun has lost it" : undefined;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
