// Sends the WebSockets of a draining worker to other workers, over links. What is decided is in
// ../../core/carry/leaving.ts.
//
// A connection leaves between two messages: so the other worker goes on reading where Bun has
// stopped.
import { Leaving, type LeavingEffect, type NotCarried } from "../../core/carry/leaving.ts";
import type { Polls } from "../../net/polls.ts";
import { nextTurn } from "../../os/next-turn.ts";
import type { Connections } from "../connections/connections.ts";
import { isOfUnix } from "../connections/connection.ts";
import type { Link } from "../links/link.ts";
import type { RefusedHeader, TakenHeader } from "../movable/messages.ts";
import { Trouble, type Tell } from "../trouble.ts";
import { FindLeavers } from "./find-leavers.ts";
import { GiveAway, type GiveAwayContext } from "./give-away.ts";
import { LeaveResult } from "./leave-result.ts";
import { hindranceOf } from "./hindrance.ts";
import { type Leaver, leaverOf } from "./leaver.ts";
import type { Technique } from "./technique.ts";
import { TurnClock } from "./turn-clock.ts";
import { TURN_MS } from "./turn-time.ts";

type Socket = Bun.ServerWebSocket<unknown>;

const LOOK_EACH_MS = 1;

export interface LeaveContext extends GiveAwayContext {
  readonly connections: Connections;
  readonly polls: Polls;
  readonly links: readonly Link[];
  readonly technique: Technique;
  /** See `Leaving`. */
  readonly refusedEachMs: number;
  /** From when on, by `performance.now()`, none moves any more: what is left is closed. */
  readonly lateMs: number;
  /** The end of the drain. */
  readonly untilMs: number;
  readonly tell: Tell;
  /** Nothing is left to be done, for now: others may open. */
  readonly onIdle: (result: LeaveResult) => void;
}

export class Leave {
  readonly #leaving: Leaving;
  readonly #leavers = new Map<number, Leaver>();
  readonly #ids = new Map<Socket, number>();
  readonly #links = new Map<number, Link>();
  /** Those that Bun serves, in the order in which they are looked at. */
  #queue: Leaver[] = [];
  #lastId = 0;
  #result = new LeaveResult();
  /** All that were there at the beginning are to leave. */
  readonly #clock = new TurnClock();
  #hasBegun = false;
  #isLooking = false;
  #isStopped = false;
  readonly #trouble: Trouble;
  readonly #finder: FindLeavers;
  readonly #giveAway: GiveAway;

  constructor(readonly context: LeaveContext) {
    const { connections, polls, links, keeper, tell } = context;
    this.#finder = new FindLeavers(connections, polls);
    this.#giveAway = new GiveAway(context);
    this.#leaving = new Leaving(
      links.map(({ peer }) => peer),
      context.refusedEachMs,
    );
    this.#trouble = new Trouble(tell, "carry-hindered", "carrying WebSockets to another worker");
    for (const link of links) this.#listen(link);
    keeper.onOpened = (socket) => this.#begin(socket);
    keeper.onClosed = (socket) => this.#ended(socket);
  }

  async begin(): Promise<void> {
    const { webSockets } = this.context;
    this.#result.noteUnfit("of node:http, and not of the package ws", webSockets.closeUnfit());
    await this.#beginAll();
    this.#look();
  }

  /** Whether none is left, of those that have come by now. */
  get isOver(): boolean {
    return this.#hasBegun && this.#leaving.count === 0;
  }

  /** From now on these take them. */
  redirect(links: readonly Link[]): void {
    if (this.#isStopped) return;
    for (const link of links) if (!this.#links.has(link.peer)) this.#listen(link);
    this.#leaving.redirect(links.map(({ peer }) => peer));
    this.#look();
  }

  /** The server stops: nothing more moves. Those that Bun still serves are the caller's. */
  stop(isLate: boolean): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const here = isLate ? this.#leavers.values().filter(({ copy }) => copy === undefined) : [];
    for (const _ of here) this.#result.noteClosed("late");
    this.#tell();
    this.#leaving.stop();
    this.#queue = [];
  }

  #listen(link: Link): void {
    this.#links.set(link.peer, link);
    link.on("taken", (header) => {
      const { id } = header as TakenHeader;
      this.#perform(this.#leaving.taken(id, link.peer, this.#clock.nowMs));
    });
    link.on("refused", (header) => {
      const { id, why } = header as RefusedHeader;
      this.#result.noteRefusal(why);
      this.#perform(this.#leaving.refused(id, link.peer, this.#clock.nowMs));
    });
    link.onClosed(() => this.#perform(this.#leaving.gone(link.peer, this.#clock.nowMs)));
  }

  #begin(socket: Socket): void {
    const { keeper, webSockets } = this.context;
    const key = webSockets.keyOf(keeper.closableOf(socket));
    if (keeper.of(socket) === undefined || key === undefined || this.#isStopped) return;
    // Nobody can tell which connection to a Unix socket is whose.
    const isTcp = key !== "" && !isOfUnix(key);
    const unfit = keeper.unfit(socket) ?? (isTcp ? undefined : "on a Unix socket");
    if (unfit !== undefined) return this.#closeUnfit(socket, unfit);
    const { hindrance } = this.#leaving;
    if (hindrance !== undefined) return this.#closeHere(socket, hindrance);
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
    for (const socket of this.context.keeper.all) {
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

  #closeUnfit(socket: Socket, why: string): void {
    this.#result.noteUnfit(why);
    this.#close(socket);
  }

  #closeHere(socket: Socket, why: NotCarried, words?: string): void {
    this.#result.noteClosed(why, words);
    this.#close(socket);
  }

  #close(socket: Socket): void {
    const { keeper, webSockets } = this.context;
    webSockets.closeOne(keeper.closableOf(socket));
    // Nobody else tells of it.
    if (this.#hasBegun) this.#look();
  }

  /** Looks again and again, as long as there is something to look for. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookOn();
  }

  async #lookOn(): Promise<void> {
    while (this.#leaving.count > 0 && !this.#isStopped) {
      try {
        await this.#finder.find(this.#queue);
        this.#lookOnce();
        this.#trouble.end();
      } catch (error) {
        this.#trouble.note(error);
      }
      this.#perform(this.#leaving.tick(this.#clock.nowMs));
      if (performance.now() >= this.context.lateMs) this.#closeRest();
      await Bun.sleep(LOOK_EACH_MS);
    }
    this.#isLooking = false;
    this.#tell();
  }

  #tell(): void {
    const result = this.#result;
    this.#result = new LeaveResult();
    this.context.onIdle(result);
  }

  #closeRest(): void {
    const effects = this.#leaving.late();
    if (effects.length === 0) return;
    this.context.webSockets.sayFarewellAgain(this.context.untilMs - performance.now());
    this.#perform(effects);
  }

  #lookOnce(): void {
    this.#clock.turn();
    const { nowMs } = this.#clock;
    const untilMs = performance.now() + TURN_MS;
    const queue = this.#queue;
    const later: Leaver[] = [];
    let at = 0;
    while (at < queue.length && performance.now() < untilMs && this.#leaving.hasRoom(nowMs)) {
      const leaver = queue[at++] as Leaver;
      if (!this.#leavers.has(leaver.id) || leaver.copy !== undefined) continue;
      if (leaver.hasTwin) {
        this.#ended(leaver.socket);
        this.#closeUnfit(leaver.socket, "not to be told from another connection");
        continue;
      }
      this.#perform(this.#leaving[this.#stateOf(leaver)](leaver.id, nowMs));
      if (leaver.copy === undefined && this.#leavers.has(leaver.id)) later.push(leaver);
    }
    this.#queue = [...queue.slice(at), ...later];
  }

  #stateOf(leaver: Leaver): "ready" | "handled" | "busy" {
    const { keeper, technique } = this.context;
    leaver.hindrance = hindranceOf(leaver, keeper, technique);
    if (leaver.hindrance !== undefined) return "busy";
    return keeper.isRunning(leaver.socket) ? "handled" : "ready";
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
          this.#closeHere(leaver.socket, effect.why, leaver.hindrance);
          break;
        case "close-offered":
          this.#result.noteClosed(effect.why);
          this.#leavers.delete(effect.id);
          void this.#giveAway.close(leaver);
          break;
        case "drop":
          this.#result.carried++;
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
    const { nowMs } = this.#clock;
    if (link === undefined) return this.#perform(this.#leaving.gone(to, nowMs));
    try {
      if (this.#giveAway.offer(leaver, link)) return void this.#ids.delete(leaver.socket);
    } catch (error) {
      this.#trouble.note(error);
    }
    this.#perform(this.#leaving.notSent(leaver.id, leaver.copy === undefined));
    // It does not try for ever.
    this.#perform(this.#leaving.busy(leaver.id, nowMs));
  }
}
