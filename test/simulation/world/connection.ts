// The connection between a simulated master and the one that it has started to take over: messages
// in order, as JSON; descriptors; and the end of either process, seen by the other.
import { PROTOCOLS } from "../../../src/core/handover-protocol.ts";
import {
  type FromPredecessor,
  type FromSuccessor,
  readFromPredecessor,
  readFromSuccessor,
} from "../../../src/ipc/handover-messages.ts";
import type {
  PredecessorChannel,
  SuccessorCallbacks,
  SuccessorHandle,
} from "../../../src/master/surroundings.ts";
import { SystemError } from "../../../src/os/libc.ts";
import { MasterProcess } from "./master-process.ts";
import { connect } from "./outside.ts";

const POLL_MS = 20;

interface Callbacks {
  readonly onMessage: (message: FromPredecessor) => void;
  readonly onClosed: () => void;
}

/** The successor's end. */
class Ends implements PredecessorChannel {
  isOpen = true;
  readonly arrived: number[] = [];
  #callbacks: Callbacks | undefined;

  constructor(readonly connection: Connection) {}

  get pid(): number {
    return this.connection.predecessor.pid;
  }

  get #process(): MasterProcess {
    return this.connection.process;
  }

  listen(callbacks: Callbacks): void {
    this.#callbacks = callbacks;
  }

  receive(message: unknown): void {
    const read = readFromPredecessor(JSON.parse(JSON.stringify(message)));
    if (read === undefined) throw new Error(`no message: ${JSON.stringify(message)}`);
    this.#process.attempt(() => this.#callbacks?.onMessage(read));
  }

  send(message: FromSuccessor): void {
    if (!this.isOpen) return;
    const { protocols } = this.connection;
    if (message.type === "claim") this.connection.noteClaim();
    const said = message.type === "hello" ? { ...message, protocols } : message;
    this.connection.pass("back", () => this.connection.receive(said));
  }

  receiveListener(): number | undefined {
    const descriptor = this.arrived.shift();
    return descriptor === undefined ? undefined : this.#process.sockets.take(descriptor);
  }

  closeListeners(): void {
    this.#closeArrived();
  }

  /** The predecessor has ended. */
  close(): void {
    this.isOpen = false;
    this.#process.attempt(() => this.#callbacks?.onClosed());
  }

  /** This process has ended. */
  end(): void {
    this.isOpen = false;
    this.#closeArrived();
    this.connection.closeSent();
  }

  #closeArrived(): void {
    for (const descriptor of this.arrived.splice(0)) {
      this.connection.process.world.kernel.closeDescriptor(descriptor);
    }
  }
}

/** The predecessor's end: the process that it has started. */
export class Connection implements SuccessorHandle {
  readonly process: MasterProcess;
  /** What the successor says that it speaks. */
  readonly protocols: readonly number[];
  /** The successor has said that it is ready. */
  hasClaimed = false;
  readonly #end = new Ends(this);
  /** When the last message each way arrives. */
  readonly #lastMs = { on: 0, back: 0 };
  /** Descriptors that have been sent and have not arrived. */
  readonly #sent = new Set<number>();
  #isDisposed = false;
  /** The predecessor has killed it, which takes a moment. */
  #isKilled = false;

  /** Throws where the process cannot be started. */
  constructor(
    readonly predecessor: MasterProcess,
    readonly callbacks: SuccessorCallbacks,
  ) {
    const { world } = predecessor;
    if (world.fails()) throw new SystemError("spawn", "EAGAIN");
    this.process = new MasterProcess(world, predecessor.onlooker, world.nextPid++, this.#end);
    this.process.onEnd = (how) =>
      this.pass("back", () => {
        predecessor.attempt(() => callbacks.onExit(how));
        this.#watchGroup();
      });
    const others = [[99], [...PROTOCOLS, 99]] as const;
    this.protocols = world.fails(1) ? world.random.pick(others) : PROTOCOLS;
    this.#live();
  }

  /** The process comes up, hangs, or dies on the way. */
  #live(): void {
    const { world } = this.predecessor;
    const { random, profile } = world;
    if (world.fails(0.5)) return;
    world.later(random.wait(100), () =>
      this.process.attempt(() => this.process.takeOver(this.#end)),
    );
    // As always there are clients, and some workers may have no room for more.
    for (let client = 0; client < 4; client++) connect(world);
    if (!world.faulty || !random.chance(profile.faultRate * 8)) return;
    world.fault(random.wait(random.pick([300, 1000])), () => this.#goWrong());
  }

  /** A master dies, hangs or is stopped, or what serves dies, at any moment of a handover. */
  #goWrong(): void {
    const { predecessor, process } = this;
    const { random } = predecessor.world;
    const isCrash = random.chance(0.5);
    const mishap = isCrash ? "workers" : random.pick(["old", "new", "hang", "stop"] as const);
    // Only a successor that will get as far as that can go on alone.
    if (mishap === "old" && process.willServe && !this.#isKilled) predecessor.die();
    if (mishap === "workers") this.#crashWorkers(random.chance(0.6));
    // A server that is granted to one that ends, or hangs, is lost.
    if (this.hasClaimed) return;
    if (mishap === "new") process.die();
    if (mishap === "hang") process.hangs = true;
    if (mishap === "stop") process.signal("SIGTERM");
  }

  /**
   * Workers that serve crash, and at times no program is taken that steers around them.
   *
   * @param isLate when there is a new one that could get their connections
   */
  #crashWorkers(isLate: boolean): void {
    const { process, predecessor } = this;
    const { workers, world } = predecessor;
    const listens = world.kernel
      .addresses()
      .some((address) => [...process.workers].some((worker) => worker.isOpen(address)));
    if (isLate && !listens && process.isAlive && !process.hangs && !this.hasClaimed) {
      return world.fault(1, () => this.#crashWorkers(isLate));
    }
    if (world.random.chance(0.2)) world.isShortUntilMs = world.nowMs + 1000;
    const share = world.random.chance(0.7) ? 1 : 0.4;
    for (const worker of workers) {
      if (worker.stage === "ready" && world.random.chance(share)) worker.die("signal SIGSEGV");
    }
  }

  /** A worker may crash before the grant: then the old ones serve until it is replaced. */
  noteClaim(): void {
    this.hasClaimed = true;
    const { world, workers } = this.process;
    const living = [...workers].filter(({ alive }) => alive);
    if (living.length === 0 || !world.fails(6)) return;
    world.later(0, () => world.random.pick(living).die("signal SIGSEGV"));
  }

  get pid(): number {
    return this.process.pid;
  }

  /** Lets something happen at the other end, after all that was sent before. */
  pass(way: "on" | "back", act: () => void): void {
    const { world } = this.predecessor;
    const atMs = Math.max(this.#lastMs[way], world.nowMs + world.latencyMs());
    this.#lastMs[way] = atMs;
    world.later(atMs - world.nowMs, act);
  }

  receive(message: unknown): void {
    const read = readFromSuccessor(JSON.parse(JSON.stringify(message)));
    if (read === undefined) throw new Error(`no message: ${JSON.stringify(message)}`);
    this.predecessor.attempt(() => this.callbacks.onMessage(read));
  }

  send(message: FromPredecessor): void {
    this.pass("on", () => this.process.isAlive && this.#end.receive(message));
  }

  sendListeners(descriptors: readonly number[], failed: (error: unknown) => void): void {
    const { world } = this.predecessor;
    if (world.fails()) return world.later(0, () => failed(new SystemError("sendmsg", "ENOMEM")));
    if (!this.process.isAlive) return;
    for (const descriptor of descriptors) {
      const copy = world.kernel.duplicateOf(descriptor);
      this.#sent.add(copy);
      this.pass("on", () => {
        if (this.#sent.delete(copy)) this.#end.arrived.push(copy);
      });
    }
  }

  stop(): void {
    this.pass("on", () => this.process.signal("SIGTERM"));
  }

  /** The kernel takes its time, and at times a lot of it. */
  kill(): void {
    const { world } = this.predecessor;
    this.#isKilled = true;
    world.later(world.fails() ? world.random.wait(1000) : world.random.integer(0, 3), () => {
      for (const worker of this.process.workers) worker.kill();
      this.process.die();
    });
  }

  dispose(): void {
    this.#isDisposed = true;
    this.closeSent();
  }

  /** The process has ended: its workers are looked for until none is left. */
  #watchGroup(): void {
    const { world } = this.predecessor;
    if (this.#isDisposed || !this.predecessor.isAlive) return;
    const isGone = [...this.process.workers].every(({ alive }) => !alive);
    if (isGone) this.predecessor.attempt(() => this.callbacks.onGone());
    else world.later(POLL_MS, () => this.#watchGroup());
  }

  /** What has been sent arrives nowhere. */
  closeSent(): void {
    for (const descriptor of this.#sent) this.process.world.kernel.closeDescriptor(descriptor);
    this.#sent.clear();
  }

  /** The predecessor has ended. */
  lose(): void {
    this.pass("on", () => this.process.isAlive && this.#end.close());
  }
}
