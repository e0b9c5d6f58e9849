// Sends the WebSockets of a draining worker to other workers, over links. What is decided is in
// ../../core/carry/leaving.ts.
//
// A connection leaves between two messages: so the other worker goes on reading where Bun has
// stopped.
import { Leaving, type LeavingEffect, type NotCarried } from "../../core/carry/leaving.ts";
import type { Polls } from "../../net/polls.ts";
import { socketCookie } from "../../net/socket-options.ts";
import { nextTurn } from "../../os/next-turn.ts";
import type { Connections } from "../connections/connections.ts";
import { isOfUnix } from "../connections/connection.ts";
import type { Link } from "../links/link.ts";
import type { RefusedHeader, TakenHeader } from "../movable/messages.ts";
import { Trouble, type Tell } from "../trouble.ts";
import { FindLeavers } from "./find-leavers.ts";
import { GiveAway, type GiveAwayContext } from "./give-away.ts";
import { type Leaver, leaverOf } from "./leaver.ts";
import { isBetweenMessages } from "./parser-state.ts";
import type { Technique } from "./technique.ts";
import { TURN_MS } from "./turn-time.ts";

type Socket = Bun.ServerWebSocket<unknown>;

const LOOK_EACH_MS = 1;

export interface LeaveContext extends GiveAwayContext {
  readonly connections: Connections;
  readonly polls: Polls;
  readonly links: readonly Link[];
  readonly technique: Technique;
  readonly tell: Tell;
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
  #carried = 0;
  #refusal: string | undefined;
  /** All that were there at the beginning are to leave. */
  #hasBegun = false;
  #isLooking = false;
  #isStopped = false;
  readonly #closed = { busy: 0, refused: 0, nobody: 0, unfit: 0 };
  readonly #trouble: Trouble;
  readonly #finder: FindLeavers;
  readonly #giveAway: GiveAway;
  readonly #idle = Promise.withResolvers<void>();

  constructor(readonly context: LeaveContext) {
    const { connections, polls, links, keeper, tell } = context;
    this.#finder = new FindLeavers(connections, polls);
    this.#giveAway = new GiveAway(context);
    this.#leaving = new Leaving(links.map(({ peer }) => peer));
    this.#trouble = new Trouble(tell, "carry-hindered", "carrying WebSockets to another worker");
    for (const link of links) this.#listen(link);
    keeper.onOpened = (socket) => this.#begin(socket);
    keeper.onClosed = (socket) => this.#ended(socket);
  }

  /** Resolves when none of those that were there at the beginning is left. */
  async run(): Promise<LeaveResult> {
    this.#closed.unfit += this.context.webSockets.closeUnfit();
    await this.#beginAll();
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
    const key = webSockets.keyOf(keeper.closableOf(socket));
    if (keeper.of(socket) === undefined || key === undefined || this.#isStopped) return;
    // Nobody can tell which connection to a Unix socket is whose.
    const isFit = keeper.isFit(socket) && key !== "" && !isOfUnix(key);
    if (!isFit) return this.#closeHere(socket, "unfit");
    if (!this.#leaving.hasTargets) return this.#closeHere(socket, "nobody");
    const id = ++this.#lastId;
    const leaver = leaverOf(id, socket, key);
    this.#leavers.set(id, leaver);
    this.#ids.set(socket, id);
    this.#queue.push(leaver);
    this.#leaving.begin(id);
    if (this.#hasBegun) this.#look();
  }

  /** With those that are there now. Others begin as they come. */
  async #beginAll(): Promise<void> {
    let untilMs = performance.now() + TURN_MS;
    const all = [...this.context.keeper.all];
    for (const socket of all) {
      this.#begin(socket);
      if (performance.now() < untilMs) continue;
      await nextTurn();
      untilMs = performance.now() + TURN_MS;
    }
    this.#hasBegun = true;
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
    const { keeper, webSockets } = this.context;
    webSockets.closeOne(keeper.closableOf(socket));
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
          await this.#finder.find(this.#queue);
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
      !keeper.isBusy(socket) &&
      socket.getBufferedAmount() === 0 &&
      isBetweenMessages(memory, technique.parserAt) &&
      socketCookie(fd) === cookie
    );
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
          void this.#giveAway.close(leaver);
          break;
        case "drop":
          this.#carried++;
          this.#leavers.delete(effect.id);
          this.#giveAway.drop(leaver);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #offer(leaver: Leaver, to: number): void {
    const link = this.#links.get(to);
    if (link === undefined) return this.#perform(this.#leaving.gone(to));
    if (this.#giveAway.offer(leaver, link)) this.#ids.delete(leaver.socket);
    else this.#perform(this.#leaving.notSent(leaver.id, leaver.copy === undefined));
  }
}
