// A simulated worker process: does what a real one does, unless its fate is another.

import { started } from "../../core/scenario.ts";
import type { Effect } from "../../../src/core/effects.ts";
import type { Event, WorkerEvent } from "../../../src/core/events.ts";
import { LINGER_MS } from "../../../src/core/settings.ts";
import type { BindOutcome, Fate, Outcome } from "./fate.ts";
import type { Kernel } from "./kernel.ts";
import type { Disk } from "./disk.ts";

/** What a worker needs of the world around it. */
export interface Surroundings {
  readonly kernel: Kernel;
  readonly nowMs: number;
  readonly disk: Disk;
  /** Each address has one listener at most. */
  readonly solo: boolean;
  later(delayMs: number, act: () => void): void;
  /** Sends an event to the master. What one worker sends arrives in order. */
  say(worker: SimulatedWorker, event: Event): void;
}

/** `ready` from the moment it says so, `draining` from the moment it is told. */
type Stage = "starting" | "ready" | "draining" | "ending" | "ended";

export class SimulatedWorker {
  alive = true;
  stage: Stage = "starting";
  /** The version of the app that it has loaded. */
  loaded: number | undefined;
  /** A bind was asked for, and its answer has not been sent. */
  binding = false;
  /** When the last message between it and the master arrives: the next one is not earlier. */
  lastInMs = 0;
  lastOutMs = 0;
  #isOrphan = false;
  readonly #open = new Set<string>();
  hangs = false;
  #connections = 0;
  #idleFromMs = Number.POSITIVE_INFINITY;
  #saidIdle = false;
  #hasBound = false;

  constructor(
    readonly id: number,
    readonly generation: number,
    readonly addresses: readonly string[],
    readonly fate: Fate,
    readonly around: Surroundings,
  ) {
    this.#after(fate.startMs, () => {
      this.#say(started(id));
      this.#after(fate.loadMs, () => this.#outcome(fate.load, "load", () => this.#load()));
    });
    if (fate.neverIdle) this.#connections = 1;
  }

  /** Whether it holds the listener on `address` open itself. */
  isOpen(address: string): boolean {
    return this.alive && this.#open.has(address);
  }

  receive(message: Effect): void {
    if (!this.alive || this.hangs || this.#isOrphan) return;
    switch (message.type) {
      case "bind":
        return this.#bind();
      case "drain":
        this.stage = "draining";
        this.#idleFromMs = Math.min(this.#idleFromMs, this.#now() + LINGER_MS);
        return this.around.later(LINGER_MS, () => this.#tellIdle());
      case "release-listener":
        this.#open.delete(message.address);
        this.around.kernel.close(message.address, this.id);
        return this.#say({
          type: "listener-released",
          worker: this.id,
          address: message.address,
        });
      case "force": {
        const unfinished = { connections: this.#connections, inFlight: 0, oldest: undefined };
        this.#say({ type: "worker-forced", worker: this.id, unfinished });
        return this.#end();
      }
      case "stop":
        return this.#end();
      default:
        throw new Error(`${message.type} is not for a worker`);
    }
  }

  /** Its master has died: it takes nothing new, and ends when it has nothing left. */
  orphan(): void {
    if (!this.alive || this.#isOrphan) return;
    this.#isOrphan = true;
    this.#saidIdle = false;
    if (this.hangs) return;
    this.stage = "draining";
    for (const address of this.#open) this.around.kernel.quiet(address, this.id);
    this.#idleFromMs = Math.min(this.#idleFromMs, this.#now() + LINGER_MS);
    this.around.later(LINGER_MS, () => this.#tellIdle());
  }

  /** A connection that ends after `durationMs`, if that is ever. */
  accept(durationMs: number): void {
    this.#connections += 1;
    if (durationMs === Number.POSITIVE_INFINITY) return;
    this.#after(durationMs, () => {
      this.#connections -= 1;
      this.#tellIdle();
    });
  }

  /** Its app throws outside a request: before it is ready, that is the end of it. */
  throws(): void {
    if (!this.alive || this.hangs || this.#isOrphan) return;
    if (this.stage === "starting") return this.#fail("its app");
    if (this.stage === "ending") return;
    this.#say({ type: "worker-uncaught", worker: this.id, error: "thrown" });
  }

  /**
   * Says that it listens, which it has said already, or does not: the shell sees no listener then.
   */
  lie(): void {
    if (!this.alive || this.hangs || this.#isOrphan || this.binding) return;
    const { id: worker, addresses } = this;
    if (this.#hasBound) this.#say({ type: "worker-bound", worker, addresses });
    else this.#say({ type: "worker-failed", worker, reason: "it has sent no listener" });
  }

  hang(): void {
    this.hangs = true;
  }

  /** Ends the process at once, as a crash or a kill does. */
  die(how: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.stage = "ended";
    this.binding = false;
    for (const address of this.#open) this.around.kernel.close(address, this.id);
    this.#open.clear();
    this.around.say(this, { type: "worker-exited", worker: this.id, how });
  }

  #load(): void {
    const { number, loads } = this.around.disk.written;
    if (!loads) return this.#fail("load");
    this.loaded = number;
    this.#say({ type: "worker-loaded", worker: this.id });
  }

  #bind(): void {
    this.binding = true;
    const { bind, boundBefore } = this.fate;
    const wanted = this.addresses.slice(0, bind === "succeeds" ? undefined : boundBefore);
    const listen = (at: number): void => {
      const address = wanted[at];
      if (address === undefined) return this.#bindOutcome(bind);
      this.#open.add(address);
      if (!this.#listen(address)) return this.#cannotListen(address);
      this.#after(this.fate.bindMs, () => listen(at + 1));
    };
    this.#after(this.fate.bindMs, () => listen(0));
  }

  #bindOutcome(bind: BindOutcome): void {
    if (bind !== "sends nothing") return this.#outcome(bind, "bind", () => this.#bound());
    this.#say({ type: "worker-failed", worker: this.id, reason: "it has sent no listener" });
  }

  #listen(address: string): boolean {
    const { kernel, solo } = this.around;
    if (solo) return kernel.listenSolo(address, this.id);
    kernel.listen(address, this.id);
    return true;
  }

  /** One that has its app and listens again lives on; any other one has failed. */
  #cannotListen(address: string): void {
    this.#open.delete(address);
    if (this.stage === "starting") return this.#fail("bind");
    for (const open of this.#open) this.around.kernel.close(open, this.id);
    this.#open.clear();
    this.binding = false;
    this.#say({ type: "worker-failed", worker: this.id, reason: "the address is in use" });
  }

  #bound(): void {
    const { kernel, solo } = this.around;
    const isPassedOn = !solo && !this.#isOrphan;
    if (isPassedOn) for (const address of this.addresses) kernel.duplicate(address, this.id);
    this.binding = false;
    this.#hasBound = true;
    this.#say({ type: "worker-bound", worker: this.id, addresses: this.addresses });
    this.#after(this.fate.warmUpMs, () =>
      this.#outcome(this.fate.warmUp, "warm-up", () => {
        if (this.stage === "starting") this.stage = "ready";
        this.#say({ type: "worker-ready", worker: this.id });
      }),
    );
  }

  #outcome(outcome: Outcome, what: string, succeed: () => void): void {
    switch (outcome) {
      case "succeeds":
        return succeed();
      case "fails":
        return this.#fail(what);
      case "dies":
        return this.die(`exit code 1 in ${what}`);
      case "hangs":
        return this.hang();
      default:
        outcome satisfies never;
    }
  }

  #fail(what: string): void {
    this.stage = "ending";
    this.#say({ type: "worker-failed", worker: this.id, reason: `${what} failed` });
    this.#end();
  }

  #tellIdle(): void {
    const idle = this.#connections === 0 && this.#now() >= this.#idleFromMs;
    if (!idle || !this.alive || this.hangs || this.#saidIdle) return;
    this.#saidIdle = true;
    if (this.#isOrphan) return this.#end();
    this.#say({ type: "worker-idle", worker: this.id });
  }

  #end(): void {
    this.stage = "ending";
    if (!this.fate.stubborn) this.#after(this.fate.endMs, () => this.die("exit code 0"));
  }

  #say(event: WorkerEvent): void {
    this.around.say(this, event);
  }

  #after(delayMs: number, act: () => void): void {
    this.around.later(delayMs, () => {
      if (this.alive && !this.hangs) act();
    });
  }

  #now(): number {
    return this.around.nowMs;
  }
}
