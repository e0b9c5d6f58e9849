// Sends the WebSockets of a draining worker to other workers, over links. What is decided is in
// ../../core/carry/leaving.ts.
//
// A connection leaves between two messages: so the other worker goes on reading where Bun has
// stopped. Its descriptor is duplicated, and Bun is made to forget it, in one turn of the event
// loop: what its client sends from then on waits in the kernel.
import { Leaving, type LeavingEffect, type NotCarried } from "../../core/carry/leaving.ts";
import { restartFrame } from "../../core/farewell.ts";
import type { Polls } from "../../net/polls.ts";
import { socketCookie } from "../../net/socket-options.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import type { Connections } from "../connections/connections.ts";
import { isOfUnix } from "../connections/connection.ts";
import type { WebSockets } from "../connections/websockets.ts";
import type { Link } from "../links/link.ts";
import type { History } from "../publish/history.ts";
import { Trouble, type Tell } from "../trouble.ts";
import { copyData } from "./clone.ts";
import type { Keeper } from "../movable/keeper.ts";
import type { OfferHeader, RefusedHeader, TakenHeader } from "../movable/messages.ts";
import { noteMoved } from "../movable/moved.ts";
import { isBetweenMessages, memoryOf } from "./parser-state.ts";
import { closeFrame } from "./frames.ts";
import { closeRaw } from "./raw-close.ts";
import { duplicate } from "./raw-socket.ts";
import type { Technique } from "./technique.ts";

type Socket = Bun.ServerWebSocket<unknown>;

/** How long one turn of the event loop may be held up. */
const TURN_MS = 4;
const LOOK_EACH_MS = 1;
const ESSENTIAL = { isEssential: true };
/** Descriptors that are looked at between two looks at the clock. */
const CHUNK = 256;
const FIND_EACH_MS = 20;

export interface LeaveContext {
  readonly connections: Connections;
  readonly polls: Polls;
  readonly webSockets: WebSockets;
  readonly keeper: Keeper;
  readonly links: readonly Link[];
  readonly history: History | undefined;
  readonly technique: Technique;
  readonly tell: Tell;
}

interface Leaver {
  readonly id: number;
  readonly socket: Socket;
  /** See `connectionKey`. */
  readonly key: string;
  /** Undefined: not found yet. */
  fd: number | undefined;
  /** Which socket that is: its number may be another one's by the next look. */
  cookie: bigint;
  /** Where Bun keeps what it knows of the connection. */
  memory: number;
  /** Our descriptor of it, once Bun has none. */
  copy: number | undefined;
  /** The link to its new owner. */
  link: Link | undefined;
  /** What its new owner was offered, for another one. */
  offer: { readonly header: OfferHeader; readonly data: Uint8Array } | undefined;
}

/** How many have moved, and how many were closed instead. */
export interface LeaveResult {
  readonly carried: number;
  readonly closed: Readonly<Record<NotCarried | "unfit", number>>;
  /** Why the other version did not want one, in its own words. */
  readonly refusal: string | undefined;
}

export class Leave {
  readonly #leaving: Leaving;
  readonly #leavers = new Map<number, Leaver>();
  readonly #ids = new Map<Socket, number>();
  readonly #links = new Map<number, Link>();
  /** Those that Bun serves, in the order in which they are looked at. */
  #queue: Leaver[] = [];
  #lastId = 0;
  /** When to look for descriptors again. */
  #findMs = 0;
  #carried = 0;
  #refusal: string | undefined;
  #isLooking = false;
  #isStopped = false;
  readonly #closed = { busy: 0, refused: 0, nobody: 0, unfit: 0 };
  readonly #trouble: Trouble;
  readonly #idle = Promise.withResolvers<void>();

  constructor(readonly context: LeaveContext) {
    const { links, keeper, tell } = context;
    this.#leaving = new Leaving(links.map(({ peer }) => peer));
    this.#trouble = new Trouble(tell, "carry-hindered", "carrying WebSockets to another worker");
    for (const link of links) this.#listen(link);
    for (const socket of keeper.all) this.#begin(socket);
    keeper.onOpened = (socket) => this.#begin(socket);
    keeper.onClosed = (socket) => this.#ended(socket);
  }

  /** Resolves when none of those that were there at the beginning is left. */
  async run(): Promise<LeaveResult> {
    this.#look();
    await this.#idle.promise;
    return { carried: this.#carried, closed: this.#closed, refusal: this.#refusal };
  }

  /** The server stops: nothing more moves. Those that Bun still serves are the caller's. */
  stop(): void {
    this.#isStopped = true;
    this.#leaving.stop();
    this.#queue = [];
  }

  #listen(link: Link): void {
    this.#links.set(link.peer, link);
    link.on("taken", (header) => {
      const { id } = header as TakenHeader;
      this.#perform(this.#leaving.taken(id, link.peer));
    });
    link.on("refused", (header) => {
      const { id, why } = header as RefusedHeader;
      this.#refusal ??= why;
      this.#perform(this.#leaving.refused(id, link.peer));
    });
    link.onClosed(() => this.#perform(this.#leaving.gone(link.peer)));
  }

  #begin(socket: Socket): void {
    const { keeper, webSockets } = this.context;
    const kept = keeper.of(socket);
    const key = webSockets.keyOf(socket);
    if (kept === undefined || key === undefined || this.#isStopped) return;
    // Nobody can tell which connection to a Unix socket is whose.
    if (!kept.isFit || key === "" || isOfUnix(key)) return this.#closeHere(socket, "unfit");
    if (!this.#leaving.hasTargets) return this.#closeHere(socket, "nobody");
    const id = ++this.#lastId;
    const leaver: Leaver = {
      id,
      socket,
      key,
      fd: undefined,
      cookie: 0n,
      memory: 0,
      copy: undefined,
      link: undefined,
      offer: undefined,
    };
    this.#leavers.set(id, leaver);
    this.#ids.set(socket, id);
    this.#queue.push(leaver);
    this.#leaving.begin(id);
    if (this.#lastId > 1) this.#look();
  }

  /** Its client has closed it, or the app has. */
  #ended(socket: Socket): void {
    const id = this.#ids.get(socket);
    if (id === undefined) return;
    this.#ids.delete(socket);
    if (this.#leavers.get(id)?.copy !== undefined) return;
    this.#leaving.closed(id);
    this.#leavers.delete(id);
  }

  #closeHere(socket: Socket, why: NotCarried | "unfit"): void {
    this.#closed[why]++;
    this.context.webSockets.closeOne(socket);
  }

  /** Looks again and again, as long as there is something to look for. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookOn();
  }

  async #lookOn(): Promise<void> {
    try {
      while (this.#leaving.count > 0 && !this.#isStopped) {
        try {
          if (this.#mayBeFound()) await this.#findDescriptors();
          this.#lookOnce();
          this.#trouble.end();
        } catch (error) {
          this.#trouble.note(error);
        }
        await Bun.sleep(LOOK_EACH_MS);
      }
    } finally {
      this.#isLooking = false;
      this.#idle.resolve();
    }
  }

  #lookOnce(): void {
    const untilMs = performance.now() + TURN_MS;
    const queue = this.#queue;
    const later: Leaver[] = [];
    let at = 0;
    while (at < queue.length && this.#leaving.room > 0 && performance.now() < untilMs) {
      const leaver = queue[at++] as Leaver;
      if (!this.#leavers.has(leaver.id) || leaver.copy !== undefined) continue;
      if (this.#mayLeave(leaver)) this.#perform(this.#leaving.ready(leaver.id));
      else this.#perform(this.#leaving.busy(leaver.id, performance.now()));
      if (leaver.copy === undefined) later.push(leaver);
    }
    this.#queue = [...queue.slice(at), ...later];
  }

  /** Whether it is between two messages, with nothing to be sent, and nothing to be waited for. */
  #mayLeave({ socket, fd, memory, cookie }: Leaver): boolean {
    const { keeper, technique } = this.context;
    return (
      fd !== undefined &&
      !keeper.isRunning(socket) &&
      socket.getBufferedAmount() === 0 &&
      isBetweenMessages(memory, technique.parserAt) &&
      socketCookie(fd) === cookie
    );
  }

  /** Whether there are some to look for. Where that has been in vain, not all the time. */
  #mayBeFound(): boolean {
    if (!this.#queue.some(({ fd }) => fd === undefined)) return false;
    return performance.now() >= this.#findMs;
  }

  /** Which descriptors Bun has for them, a part in each turn. */
  async #findDescriptors(): Promise<void> {
    this.#findMs = performance.now() + FIND_EACH_MS;
    const { connections, polls } = this.context;
    const wanted = new Map<string, Leaver>();
    for (const leaver of this.#queue) if (leaver.fd === undefined) wanted.set(leaver.key, leaver);
    const all = connections.all();
    for (let from = 0; from < all.length; from += CHUNK) {
      for (const fd of all.slice(from, from + CHUNK)) {
        const leaver = wanted.get(connections.keyOf(fd) ?? "");
        if (leaver === undefined) continue;
        leaver.fd = fd;
        leaver.cookie = socketCookie(fd);
      }
      await nextTurn();
    }
    const waited = polls.all();
    for (const leaver of wanted.values()) {
      const poll = leaver.fd === undefined ? undefined : waited.get(leaver.fd);
      const memory = poll && memoryOf(poll);
      if (memory === undefined) leaver.fd = undefined;
      else leaver.memory = memory;
    }
  }

  #perform(effects: readonly LeavingEffect[]): void {
    for (const effect of effects) {
      const leaver = this.#leavers.get(effect.id);
      if (leaver === undefined) continue;
      switch (effect.type) {
        case "offer":
          this.#offer(leaver, effect.to);
          break;
        case "close-here":
          this.#leavers.delete(effect.id);
          this.#closeHere(leaver.socket, effect.why);
          break;
        case "close-offered":
          this.#closed[effect.why]++;
          this.#leavers.delete(effect.id);
          void this.#closeRaw(leaver);
          break;
        case "drop":
          this.#carried++;
          this.#leavers.delete(effect.id);
          if (leaver.copy !== undefined) closeDescriptor(leaver.copy);
          this.context.webSockets.noteMoving(leaver.key, false);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  async #closeRaw({ copy, key }: Leaver): Promise<void> {
    const { webSockets } = this.context;
    const { code, reason } = webSockets.frame ?? restartFrame();
    if (copy !== undefined) await closeRaw(copy, closeFrame(code, reason));
    webSockets.noteMoving(key, false);
  }

  #offer(leaver: Leaver, to: number): void {
    const link = this.#links.get(to);
    if (link === undefined) return this.#perform(this.#leaving.gone(to));
    const copy = leaver.copy ?? duplicate(leaver.fd as number);
    if (!link.sendDescriptor(copy)) {
      const isHere = leaver.copy === undefined;
      if (isHere) closeDescriptor(copy);
      return this.#perform(this.#leaving.notSent(leaver.id, isHere));
    }
    leaver.link = link;
    if (leaver.copy === undefined) this.#takeFromBun(leaver, copy);
    const { header, data } = leaver.offer as NonNullable<Leaver["offer"]>;
    link.send("offer", header, data, ESSENTIAL);
  }

  #takeFromBun(leaver: Leaver, copy: number): void {
    const { socket, id } = leaver;
    const { keeper, webSockets } = this.context;
    const { handshake = "", protocol = "" } = keeper.of(socket) ?? {};
    const { subscriptions: topics, binaryType } = socket;
    const published = this.context.history?.cut ?? {};
    const header = { id, handshake, protocol, topics, published, binaryType };
    leaver.offer = { header, data: copyData(socket.data) };
    leaver.copy = copy;
    noteMoved(socket, topics, (call, bytes) => {
      leaver.link?.send("call", { id, ...call }, bytes, ESSENTIAL);
    });
    this.#ids.delete(socket);
    // Idle as it looks from here, nobody else is to close it.
    webSockets.noteMoving(leaver.key, true);
    webSockets.letGo(socket);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
