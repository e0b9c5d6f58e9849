// A world in which workers hand WebSockets over to each other, by the decisions of
// src/core/carry/: links that keep what is on its way, the kernel that closes a connection when
// its last descriptor is closed, apps that upgrade, refuse or do not answer, clients that leave,
// and workers that are killed at any moment. All of it from a seed.
import { Arriving, type ArrivingEffect, type Offer } from "../../../src/core/carry/arriving.ts";
import { Leaving, type LeavingEffect } from "../../../src/core/carry/leaving.ts";
import { Random } from "../../../src/prove/load/random.ts";

/** What may be done wrong on purpose, so that the checks are checked. */
export type Mistake =
  | "keeps the copy of what was taken"
  | "offers what was taken to another one as well"
  | "forgets what it has refused"
  | "takes without telling"
  | "leaves what was refused to nobody";

interface Arrival extends Offer {
  readonly connection: Connection;
}

type Message =
  | { readonly type: "offer"; readonly id: number; readonly connection: Connection }
  | { readonly type: "taken" | "refused"; readonly id: number };

/** A client's connection. */
export interface Connection {
  readonly number: number;
  /** Who serves it: each may read from it at any moment. */
  readonly servedBy: Set<Worker>;
  /** Who has a descriptor of it, or has sent it to somebody: how many. */
  readonly held: Map<Worker | "on its way", number>;
  /** A close frame was sent. */
  isToldToClose: boolean;
  /** Its client has gone. */
  hasLeft: boolean;
  /** A worker was killed whose it was: it served it, or offered it. */
  wasLost: boolean;
}

export interface Worker {
  readonly number: number;
  isAlive: boolean;
  /** The other direction of each is at the other worker. */
  readonly inbox: Map<Worker, (Message | "gone")[]>;
  readonly arriving: Arriving<Arrival>;
  leaving: Leaving | undefined;
  /** Of what leaves, by number. */
  readonly leavers: Map<number, Connection>;
  /** Those that the app was asked for. */
  readonly asked: Map<string, Arrival>;
}

export class World {
  readonly random: Random;
  readonly workers: Worker[] = [];
  readonly connections: Connection[] = [];
  nowMs = 0;
  #nextId = 0;

  constructor(
    seed: number,
    readonly mistake?: Mistake,
  ) {
    this.random = new Random(seed);
    for (let number = 0; number < 6; number++) {
      this.workers.push({
        number,
        isAlive: true,
        inbox: new Map(),
        arriving: new Arriving(),
        leaving: undefined,
        leavers: new Map(),
        asked: new Map(),
      });
    }
    for (let number = 0; number < 40; number++) {
      const [worker] = this.workers.slice(number % 2) as [Worker];
      this.connections.push({
        number,
        servedBy: new Set([worker]),
        held: new Map([[worker, 1]]),
        isToldToClose: false,
        hasLeft: false,
        wasLost: false,
      });
    }
  }

  /** One thing happens. */
  step(): void {
    this.nowMs += this.#below(40);
    const worker = this.#pick(this.workers.filter(({ isAlive }) => isAlive));
    if (worker === undefined) return;
    const dice = this.#below(100);
    if (dice < 45) this.deliver(worker);
    else if (dice < 70) this.#look(worker);
    else if (dice < 90) this.#answer(worker);
    else if (dice < 94) this.#tick(worker);
    else if (dice < 96) this.#leave(worker);
    else if (dice < 98) this.#clientLeaves();
    else if (dice === 98) this.#beLate(worker);
    else if (dice === 99 && this.#below(4) === 0) this.kill(worker);
  }

  /** Nothing fails any more, and everybody goes on until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 400; round++) {
      this.nowMs += 50;
      for (const worker of this.workers.filter(({ isAlive }) => isAlive)) {
        for (let count = 0; count < 8; count++) this.deliver(worker);
        this.#look(worker);
        this.#answer(worker);
        this.#tick(worker);
      }
    }
  }

  #below(limit: number): number {
    return this.random.between(0, limit - 1);
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#below(Math.max(1, from.length))];
  }

  /** The first generation goes to the second, and that to the third. */
  #leave(worker: Worker): void {
    const next = this.workers.slice(2 * Math.floor(worker.number / 2) + 2).slice(0, 2);
    const targets = next.filter(({ isAlive }) => isAlive);
    if (worker.leaving !== undefined || targets.length === 0) return;
    worker.leaving = new Leaving(targets.map(({ number }) => number));
    for (const connection of this.connections) {
      if (connection.servedBy.has(worker)) this.#begin(worker, connection);
    }
  }

  #begin(worker: Worker, connection: Connection): void {
    if (worker.leaving?.hindrance !== undefined) {
      connection.servedBy.delete(worker);
      return this.#close(connection, worker);
    }
    const id = this.#nextId++;
    worker.leavers.set(id, connection);
    worker.leaving?.begin(id);
  }

  /** Some are between two messages now. */
  #look(worker: Worker): void {
    for (const [id, connection] of worker.leavers) {
      if (!connection.servedBy.has(worker)) continue;
      if (this.#below(3) === 0) {
        this.#leaveBy(worker, worker.leaving?.busy(id, this.nowMs) ?? []);
        continue;
      }
      const isHandled = this.#below(4) === 0;
      const look = isHandled ? "handled" : "ready";
      this.#leaveBy(worker, worker.leaving?.[look](id, this.nowMs) ?? []);
    }
  }

  #beLate(worker: Worker): void {
    if (this.#below(4) === 0) this.#leaveBy(worker, worker.leaving?.late() ?? []);
  }

  #tick(worker: Worker): void {
    this.#arriveBy(worker, worker.arriving.tick(this.nowMs));
    this.#leaveBy(worker, worker.leaving?.tick(this.nowMs) ?? []);
  }

  #answer(worker: Worker): void {
    const arrival = this.#pick([...worker.asked.values()]);
    if (arrival === undefined) return;
    const dice = this.#below(10);
    if (dice < 2) return;
    const effects =
      dice < 8
        ? worker.arriving.upgraded(arrival, this.nowMs)
        : worker.arriving.answered(arrival, "no", this.nowMs);
    this.#arriveBy(worker, effects);
  }

  #clientLeaves(): void {
    const connection = this.#pick(this.connections);
    if (connection === undefined) return;
    connection.hasLeft = true;
    for (const worker of connection.servedBy) {
      this.#release(connection, worker);
      for (const [id, it] of worker.leavers) {
        if (it !== connection) continue;
        worker.leaving?.closed(id);
        worker.leavers.delete(id);
      }
    }
    connection.servedBy.clear();
  }

  /** The kernel closes what it had. What it has sent arrives. */
  kill(worker: Worker): void {
    worker.isAlive = false;
    for (const connection of this.connections) {
      const isLeaver = [...worker.leavers.values()].includes(connection);
      const isHeld = connection.held.has(worker);
      if (isHeld && (connection.servedBy.has(worker) || isLeaver)) connection.wasLost = true;
      connection.held.delete(worker);
      connection.servedBy.delete(worker);
    }
    for (const messages of worker.inbox.values()) {
      for (const message of messages) {
        if (message !== "gone" && message.type === "offer") {
          this.#release(message.connection, "on its way");
        }
      }
      messages.length = 0;
    }
    for (const other of this.workers) if (other !== worker) this.#send(worker, other, "gone");
  }

  deliver(worker: Worker): void {
    const [from, messages] = this.#pick([...worker.inbox]) ?? [];
    const message = messages?.shift();
    if (from === undefined || message === undefined) return;
    if (message === "gone") {
      worker.arriving.gone(from.number);
      return this.#leaveBy(worker, worker.leaving?.gone(from.number, this.nowMs) ?? []);
    }
    if (message.type === "offer") {
      const { connection, id } = message;
      this.#release(connection, "on its way");
      this.#hold(connection, worker);
      const offer = { from: from.number, id, connection };
      return this.#arriveBy(worker, worker.arriving.offered(offer, this.nowMs));
    }
    const { id, type } = message;
    const effects = worker.leaving?.[type](id, from.number, this.nowMs) ?? [];
    if (type === "taken" && this.mistake === "keeps the copy of what was taken") return;
    if (type === "taken" && this.mistake === "offers what was taken to another one as well") {
      const connection = worker.leavers.get(id);
      const other = this.workers.find((it) => it.isAlive && it !== worker && it !== from);
      if (connection !== undefined && other !== undefined) {
        this.#hold(connection, "on its way");
        this.#send(worker, other, { type: "offer", id, connection });
      }
    }
    this.#leaveBy(worker, effects);
  }

  #send(from: Worker, to: Worker, message: Message | "gone"): void {
    if (!to.isAlive) {
      if (message !== "gone" && message.type === "offer") {
        this.#release(message.connection, "on its way");
      }
      return;
    }
    const messages = to.inbox.get(from) ?? [];
    to.inbox.set(from, messages);
    messages.push(message);
  }

  #leaveBy(worker: Worker, effects: readonly LeavingEffect[]): void {
    for (const effect of effects) {
      const connection = worker.leavers.get(effect.id);
      if (connection === undefined) continue;
      switch (effect.type) {
        case "offer": {
          connection.servedBy.delete(worker);
          this.#hold(connection, "on its way");
          const { id } = effect;
          this.#send(worker, this.workers[effect.to] as Worker, { type: "offer", id, connection });
          break;
        }
        case "close-here":
          connection.servedBy.delete(worker);
          this.#close(connection, worker);
          worker.leavers.delete(effect.id);
          break;
        case "close-offered":
          worker.leavers.delete(effect.id);
          if (this.mistake === "leaves what was refused to nobody") break;
          this.#close(connection, worker);
          break;
        case "drop":
          this.#release(connection, worker);
          worker.leavers.delete(effect.id);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #arriveBy(worker: Worker, effects: readonly ArrivingEffect<Arrival>[]): void {
    for (const effect of effects) {
      const { connection, from, id } = effect.offer;
      const other = this.workers[from] as Worker;
      const name = `${from} ${id}`;
      worker.asked.delete(name);
      switch (effect.type) {
        case "ask":
          worker.asked.set(name, effect.offer);
          break;
        case "take":
          connection.servedBy.add(worker);
          if (connection.hasLeft) {
            connection.servedBy.delete(worker);
            this.#release(connection, worker);
          } else if (worker.leaving !== undefined) {
            this.#begin(worker, connection);
          }
          if (this.mistake !== "takes without telling") {
            this.#send(worker, other, { type: "taken", id });
          }
          break;
        case "refuse":
          if (this.mistake !== "forgets what it has refused") this.#release(connection, worker);
          this.#send(worker, other, { type: "refused", id });
          break;
        case "close":
          this.#close(connection, worker);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #close(connection: Connection, worker: Worker): void {
    connection.isToldToClose = true;
    this.#release(connection, worker);
  }

  #hold(connection: Connection, by: Worker | "on its way"): void {
    connection.held.set(by, (connection.held.get(by) ?? 0) + 1);
  }

  #release(connection: Connection, by: Worker | "on its way"): void {
    const left = (connection.held.get(by) ?? 0) - 1;
    if (left > 0) connection.held.set(by, left);
    else connection.held.delete(by);
  }
}

function sum({ held }: Connection): number {
  return [...held.values()].reduce((a, b) => a + b, 0);
}

/** What must never be so. */
export function wrongNow({ connections }: World): string | undefined {
  for (const { number, servedBy, isToldToClose, held } of connections) {
    if (servedBy.size > 1) return `two workers serve connection ${number}`;
    const [worker] = servedBy;
    if (worker !== undefined && isToldToClose) return `connection ${number} is closed and served`;
    if (worker !== undefined && !held.has(worker)) return `connection ${number} is served unheld`;
  }
  return undefined;
}

/** What must not be so in the end. */
export function wrongInTheEnd(world: World): string | undefined {
  for (const connection of world.connections) {
    const { number, servedBy, isToldToClose, hasLeft, wasLost, held } = connection;
    const [worker] = servedBy;
    if (worker === undefined && !isToldToClose && !hasLeft && !wasLost) {
      return `nobody serves connection ${number}, and its client was not told`;
    }
    const expected = worker === undefined ? 0 : 1;
    if (sum(connection) !== expected) {
      const holders = [...held.keys()].map((it) => (it === "on its way" ? it : it.number));
      return `connection ${number} is held ${sum(connection)} times: ${holders.join(", ")}`;
    }
  }
  return undefined;
}
