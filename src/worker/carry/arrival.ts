// A WebSocket on its way to this worker: the connection of its client, and our own connection by
// which the app is asked for it. What the app sends before the one takes the place of the other
// comes to our end of it, and is passed on.
import { randomBytes } from "node:crypto";
import type { Offer } from "../../core/carry/arriving.ts";
import type { Poll } from "../../net/polls.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import type { Link } from "../links/link.ts";
import { readAnswer } from "../movable/handshake-request.ts";
import type { CallHeader, OfferHeader } from "../movable/messages.ts";
import { callHere, hasMoved } from "../movable/moved.ts";
import type { Outer } from "../movable/outer.ts";
import { Entrance } from "./entrance.ts";
import { readNow, write } from "./raw-socket.ts";

type Socket = Bun.ServerWebSocket<unknown>;

const NOTHING = Buffer.alloc(0);
/** Nobody else can take a name that nobody else knows. */
const OWN = `${process.pid}-${randomBytes(16).toString("hex")}`;
/** How long what the client sends waits for an app that does not listen to it. */
const HEARD_WITHIN_MS = 1000;
/** A client that takes nothing for so long is given up, as at a close. */
const TAKES_WITHIN_MS = 10_000;
/** So many bytes of the app wait here for a client. */
const MOST_EARLY = 1024 * 1024;
let lastName = 0;

export interface Offered {
  readonly link: Link;
  /** The client's connection, and its name, see `connectionKey`. */
  readonly fd: number;
  readonly key: string;
  readonly header: OfferHeader;
  /** The old `data`, see clone.ts. */
  readonly data: Uint8Array;
}

export class Arrival implements Offer {
  readonly from: number;
  readonly id: number;
  /** What our own connection is bound to. */
  readonly name = `@pounce-arrive-${OWN}-${++lastName}`;
  /** What the old code has called meanwhile. */
  readonly calls: [CallHeader, Uint8Array][] = [];
  token: string | undefined;
  /** Bun has opened it, and the app knows. */
  socket: Socket | undefined;
  /** Undefined: the app sees the WebSocket of Bun itself. */
  outer: Outer | undefined;
  /** When it was first found that the app does not hear messages. */
  #unheardMs: number | undefined;
  /** Where Bun has our own connection, once that was found. */
  place: { readonly fd: number; readonly poll: Poll } | undefined;
  /** The other worker has been told: nobody else has it. */
  isTaken = false;
  /** Bun serves the client itself. */
  isThere = false;
  /** The app has thrown when it heard of it. */
  hasThrown = false;
  /** The app has closed it already. */
  hasEnded = false;
  /** Our end of our own connection. */
  #own: number | undefined;
  #answer = "";
  /** Something of the app may not have been read. */
  #hasMore = false;
  /** When its client has last taken something. */
  #sentMs: number | undefined;
  #isUpgraded = false;
  /** Of the app, for the client. */
  #early = NOTHING;
  /** Where its client is let in first; undefined: nowhere, or it has been. */
  #entrance: Entrance | undefined;

  constructor(readonly offered: Offered) {
    this.from = offered.link.peer;
    this.id = offered.header.id;
    const { socketIo } = offered.header;
    if (socketIo !== undefined) this.#entrance = new Entrance(socketIo);
  }

  /** @param own our end of a connection to our own server */
  ask(own: number, request: Buffer): void {
    this.#own = own;
    write(own, request);
  }

  /** What the app has answered by now: whether it has upgraded, or why not; undefined: nothing. */
  read(): { readonly isUpgraded: true } | { readonly why: string } | undefined {
    const hasEnded = this.#readAll();
    if (!this.#isUpgraded) {
      const answer = readAnswer(this.#answer);
      if (answer === undefined) {
        return hasEnded ? { why: "the connection to it was closed" } : undefined;
      }
      if (!answer.isUpgraded) return { why: `it answered ${answer.status}` };
      this.#isUpgraded = true;
      const rest = this.#answer.slice(this.#answer.indexOf("\r\n\r\n") + 4);
      this.#early = Buffer.from(rest, "latin1");
    }
    this.hasEnded ||= hasEnded;
    if (this.socket === undefined) return undefined;
    return this.#entrance === undefined ? { isUpgraded: true } : this.#enter(this.#entrance);
  }

  #enter(entrance: Entrance): ReturnType<Arrival["read"]> {
    const answer = entrance.take(this.#early, (bytes) => {
      return this.#own !== undefined && write(this.#own, bytes) === bytes.length;
    });
    this.#early = NOTHING;
    if (answer === undefined) {
      return this.hasEnded ? { why: "its socket.io has closed it" } : undefined;
    }
    if ("why" in answer) return answer;
    this.#early = Buffer.from(answer.passOn);
    this.#entrance = undefined;
    return { isUpgraded: true };
  }

  /** Returns whether it has ended. */
  #readAll(): boolean {
    if (this.#own === undefined) return true;
    const early: Buffer[] = [this.#early];
    let size = this.#early.length;
    this.#hasMore = true;
    // If its client is slow, what the app sends waits in Bun, and the app can know of that.
    while (size < MOST_EARLY) {
      const bytes = readNow(this.#own);
      if (bytes === undefined || bytes.length === 0) {
        this.#hasMore = false;
        if (early.length > 1) this.#early = Buffer.concat(early);
        return bytes === undefined;
      }
      size += bytes.length;
      if (this.#isUpgraded) early.push(bytes);
      else this.#answer += bytes.toString("latin1");
    }
    if (early.length > 1) this.#early = Buffer.concat(early);
    return false;
  }

  /** What the app has sent that is not passed on yet. */
  get early(): Uint8Array {
    return this.#early;
  }

  /** Passes on what the client takes. Returns whether that was all; undefined: it has gone. */
  passOn(): boolean | undefined {
    this.hasEnded = this.#readAll();
    if (this.#early.length > 0) {
      const sent = write(this.offered.fd, this.#early);
      if (sent === undefined) return undefined;
      const nowMs = performance.now();
      if (sent > 0) this.#sentMs = nowMs;
      this.#sentMs ??= nowMs;
      if (nowMs - this.#sentMs > TAKES_WITHIN_MS) return undefined;
      this.#early = this.#early.subarray(sent);
    }
    const isAll = this.#early.length === 0 && !this.#hasMore;
    return isAll && this.socket?.getBufferedAmount() === 0;
  }

  /** Whether the app hears its messages, or has had the time to begin to. */
  isHeard(nowMs: number): boolean {
    if (this.outer?.isHeard !== false) return true;
    this.#unheardMs ??= nowMs;
    return nowMs - this.#unheardMs >= HEARD_WITHIN_MS;
  }

  /** Whether it came here, and has gone to another worker. */
  get hasMovedOn(): boolean {
    if (this.outer !== undefined) return this.outer.hasMoved;
    return this.socket !== undefined && hasMoved(this.socket);
  }

  /** Does what the old code has called. */
  call(call: CallHeader, data: Uint8Array): void {
    if (this.outer !== undefined) this.outer.call(call, data);
    else if (this.socket !== undefined) callHere(this.socket, call, data);
  }

  /** The highest descriptor that it has. */
  get highest(): number {
    return Math.max(this.offered.fd, this.#own ?? 0);
  }

  /** Closes our end of our own connection. */
  closeOwn(): void {
    if (this.#own !== undefined) closeDescriptor(this.#own);
    this.#own = undefined;
  }
}
