// A simulated worker process: says and does what a real one does, unless its fate is another. Its
// parts are in the other files of this folder.

import type { FromWorker, ToWorker } from "../../../../src/ipc/messages.ts";
import type { Far } from "../../../../src/metrics/page.ts";
import type { WorkerHandle } from "../../../../src/master/workers/worker-handle.ts";
import type { WorkerCallbacks } from "../../../../src/master/workers/worker-process.ts";
import { SystemError } from "../../../../src/os/libc.ts";
import type { Fate } from "../fate.ts";
import type { Farewells, Inhabitant, Stage, World } from "../world.ts";
import { Channel } from "./channel.ts";
import { Connections } from "./connections.ts";
import type { Home } from "./home.ts";
import { SimulatedLeadership } from "./leadership.ts";
import { Leaving } from "./leaving.ts";
import { Listening } from "./listening.ts";
import { EventLoop } from "./loop.ts";
import { obey } from "./orders.ts";
import { Startup } from "./startup.ts";

const BYTES_A_REQUEST = 10;

/** How often a worker counts a turn of its loop while it has clients, and while it rests. */
const TURN_MS = 100;
const RESTING_MS = 1000;

export class SimulatedWorker implements WorkerHandle, Inhabitant {
  alive = true;
  stage: Stage = "starting";
  /** The version of the app that it has loaded. */
  loaded: number | undefined;
  /** How often the app has thrown, as said in messages that the master has not taken yet. */
  readonly thrown: number[] = [];
  /** Its master sees how far it gets. */
  hasPage = false;
  readonly loop: EventLoop;
  readonly connections: Connections;
  readonly listening = new Listening(this);
  readonly leadership = new SimulatedLeadership(this);
  readonly leaving = new Leaving(this);
  readonly startup: Startup;
  readonly #channel: Channel;
  /** Those that it has been told of links to. */
  readonly #peers = new Set<number>();
  /** How often its loop was blocked, and turned again: its timer is due then. */
  #gotOn = 0;

  constructor(
    readonly id: number,
    readonly generation: number,
    readonly fate: Fate,
    readonly master: Home,
    readonly callbacks: WorkerCallbacks,
  ) {
    this.#channel = new Channel(master);
    this.loop = new EventLoop(master.world, () => this.alive);
    this.startup = new Startup(this);
    this.connections = new Connections(this);
  }

  get world(): World {
    return this.master.world;
  }

  get pid(): number {
    return 1000 + this.id;
  }

  get hangs(): boolean {
    return this.loop.isBlocked;
  }

  get binding(): boolean {
    return this.listening.isBinding;
  }

  get isWarm(): boolean {
    return this.startup.isWarm;
  }

  get isFull(): boolean {
    return this.connections.isFull;
  }

  get isLeader(): boolean {
    return this.leadership.isLeader;
  }

  get isOrphan(): boolean {
    return this.leaving.isOrphan;
  }

  get farewells(): Farewells {
    return this.leaving.farewells;
  }

  get counted(): number {
    return this.connections.counted;
  }

  get failed(): number {
    return this.connections.failed;
  }

  get slow(): number {
    return this.connections.slow;
  }

  get canAccept(): boolean {
    return this.alive && !this.hangs && !this.isFull;
  }

  isOpen(address: string): boolean {
    return this.listening.isOpen(address);
  }

  accept(durationMs: number): void {
    this.connections.accept(durationMs);
  }

  send(message: ToWorker): void {
    if (message.type === "bind") this.listening.isAwaited = true;
    this.#channel.pass(message, (it) =>
      this.loop.do(() => {
        if (!this.isOrphan) obey(this, it);
      }),
    );
  }

  giveListener(descriptor: number): void {
    // What is on its way to a process that has ended goes with its channel.
    if (this.alive) this.listening.give(descriptor);
  }

  giveLink(): void {
    const { world } = this;
    if (this.alive && world.fails()) throw new SystemError("sendmsg", "EAGAIN");
  }

  /** It is told of a link. */
  linkTo(peer: number): void {
    if (this.#peers.has(peer)) this.world.violate("links", "a pair has two");
    this.#peers.add(peer);
  }

  takeListener(): number | undefined {
    return this.listening.take();
  }

  /** A process that is in the middle of a system call outlives a kill by a moment. */
  kill(): void {
    const { world } = this;
    if (world.fails()) world.later(world.random.wait(200), () => this.die("signal SIGKILL"));
    else this.die("signal SIGKILL");
  }

  dispose(): void {
    this.listening.dispose();
  }

  /** Its master has died. */
  orphan(): void {
    this.leaving.orphan();
  }

  /** Its app throws outside a request: before it is ready, that is the end of it. */
  throws(times: number): void {
    if (!this.alive || this.hangs || this.isOrphan) return;
    if (this.stage === "starting") return this.fail("its app");
    if (this.stage === "ending") return;
    this.thrown.push(times);
    this.say({ type: "uncaught", error: "thrown", times });
  }

  /** Says that it listens, which it has said already, or does not, or what is no message. */
  lie(): void {
    if (!this.alive || this.hangs || this.isOrphan || this.binding) return;
    const { bound: addresses } = this.listening;
    if (this.world.random.chance(0.5)) {
      // Where an answer is awaited, this would be one.
      return this.#channel.tell(() => {
        if (!this.listening.isAwaited) this.callbacks.onMessage({ type: "bound", addresses });
      });
    }
    this.#channel.tell(() => this.callbacks.onBroken("sent an invalid message: 1"));
  }

  /** @param forMs left out: for good */
  hang(forMs?: number): void {
    if (!this.alive || this.hangs) return;
    this.loop.block();
    this.master.watch();
    if (forMs !== undefined) this.world.later(forMs, () => this.#getOn());
  }

  #getOn(): void {
    if (!this.alive) return;
    this.master.watch();
    this.#gotOn += 1;
    this.loop.turn();
    this.listening.acceptWaiting();
  }

  /** As it counts on its page. One that is well seems to rest, so that nobody looks at it often. */
  get far(): Far {
    const { blockedMs } = this.loop;
    const turnedMs = blockedMs ?? this.world.nowMs;
    const turnEachMs = blockedMs === undefined ? RESTING_MS : TURN_MS;
    return { count: 1 + this.#gotOn + turnedMs, turnedMs, turnEachMs };
  }

  get hangsSinceMs(): number | undefined {
    return this.loop.blockedMs;
  }

  /** Its app leaks. */
  get memoryBytes(): number {
    return this.connections.counted * BYTES_A_REQUEST;
  }

  /** Ends the process at once, as a crash or a kill does. */
  die(how: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.stage = "ended";
    this.listening.closeAll();
    this.world.living.delete(this);
    this.#channel.tell(() => this.callbacks.onExit(how));
  }

  fail(what: string): void {
    this.stage = "ending";
    this.say({ type: "failed", reason: `${what} failed` });
    this.end();
  }

  tellIdle(): void {
    this.leaving.tellIdle();
  }

  end(): void {
    this.leaving.end();
  }

  say(message: FromWorker): void {
    this.#channel.say(message, (it) => this.callbacks.onMessage(it));
  }

  after(delayMs: number, act: () => void): void {
    this.loop.after(delayMs, act);
  }
}
