// The listeners of a simulated worker: its own ones, and its descriptors of sockets that all
// workers share.

import { type Address, formatAddress, isUnix, parseAddress } from "../../../../src/net/address.ts";
import type { BindOutcome } from "../fate.ts";
import type { Kernel } from "../kernel.ts";
import type { Self } from "./self.ts";

export class Listening {
  /** A bind was asked for, and its answer has not been sent. */
  isBinding = false;
  /** Its master waits for the answer to a bind. */
  isAwaited = false;
  /** The addresses that it has said it listens on. */
  bound: readonly Address[] = [];
  readonly #open = new Set<string>();
  /** Shared sockets that it has been sent, and has not bound. */
  readonly #given: number[] = [];
  /** Its descriptors of shared sockets, by address. */
  readonly #shared = new Map<string, number>();
  /** Those of them from which it accepts. */
  readonly #accepts = new Set<string>();
  /** Descriptors that it has sent and the master has not taken. */
  readonly #sent: number[] = [];

  constructor(readonly worker: Self) {}

  get #kernel(): Kernel {
    return this.worker.world.kernel;
  }

  get accepts(): boolean {
    return this.#accepts.size > 0;
  }

  /** Whether it holds the listener on `address` open itself. */
  isOpen(address: string): boolean {
    const shared = this.#shared.get(address);
    if (shared !== undefined) return this.#kernel.shared.leadsTo(address, shared);
    return this.worker.alive && this.#open.has(address);
  }

  give(descriptor: number): void {
    this.#given.push(this.#kernel.duplicateOf(descriptor));
  }

  take(): number | undefined {
    const descriptor = this.#sent.shift();
    return descriptor === undefined ? undefined : this.worker.master.take(descriptor);
  }

  /** What it has sent, and nobody has taken, goes with the channel. */
  dispose(): void {
    for (const descriptor of this.#sent.splice(0)) this.#kernel.closeDescriptor(descriptor);
  }

  /** The process has ended. */
  closeAll(): void {
    this.isBinding = false;
    for (const address of this.#open) this.#kernel.close(address, this.worker.id);
    this.#open.clear();
    for (const descriptor of [...this.#given.splice(0), ...this.#shared.values()]) {
      this.#kernel.closeDescriptor(descriptor);
    }
    this.#shared.clear();
  }

  bind(addresses: readonly Address[]): void {
    const { worker } = this;
    this.isBinding = true;
    const { bind, bindMs, boundBefore } = worker.fate;
    const wanted = addresses.slice(0, bind === "succeeds" ? undefined : boundBefore);
    const bound: Address[] = [];
    const listen = (at: number): void => {
      const address = wanted[at];
      if (address === undefined) return this.#outcome(bind, bound);
      if (isUnix(address)) throw new Error("simulated Unix sockets are shared");
      const { host, port } = address;
      bound.push({ host, port: port === 0 ? this.#kernel.freePort() : port });
      const name = formatAddress(bound[at] ?? address);
      this.#open.add(name);
      if (!this.#listen(name)) return this.#cannotListen(name);
      worker.after(bindMs, () => listen(at + 1));
    };
    worker.after(bindMs, () => listen(0));
  }

  bindShared(addresses: readonly Address[]): void {
    const { worker } = this;
    this.isBinding = true;
    const { bind, bindMs } = worker.fate;
    worker.after(bindMs, () => {
      for (const address of addresses) {
        const descriptor = this.#given.shift();
        if (descriptor === undefined) throw new Error("no socket was sent");
        this.#shared.set(formatAddress(address), descriptor);
      }
      // One that says nothing, or lies, is none that a socket could be lost with.
      const outcome = bind === "sends nothing" ? "fails" : bind;
      worker.startup.outcome(outcome, "bind", () => this.#tellBound(addresses));
    });
  }

  #outcome(bind: BindOutcome, bound: readonly Address[]): void {
    const { worker } = this;
    if (bind !== "sends nothing") {
      return worker.startup.outcome(bind, "bind", () => this.#tellBound(bound));
    }
    // It says that it listens, and has sent no listener, or not all.
    this.#answer();
    const addresses = bound.length > 0 ? bound : [parseAddress("[::]:1")];
    worker.say({ type: "bound", addresses });
  }

  /** It answers to a bind, or gives up. */
  #answer(): void {
    this.isBinding = false;
    this.isAwaited = false;
  }

  #listen(name: string): boolean {
    const { id, world } = this.worker;
    if (world.solo) return this.#kernel.listenSolo(name, id);
    this.#kernel.listen(name, id);
    return true;
  }

  /** One that has its app and listens again lives on; any other one has failed. */
  #cannotListen(address: string): void {
    const { worker } = this;
    this.#open.delete(address);
    if (worker.stage === "starting") return worker.fail("bind");
    for (const open of this.#open) this.#kernel.close(open, worker.id);
    this.#open.clear();
    this.#answer();
    worker.say({ type: "failed", reason: "the address is in use" });
  }

  #tellBound(bound: readonly Address[]): void {
    const { worker } = this;
    const { solo, isShared } = worker.world;
    this.bound = bound;
    if (!solo && !isShared && worker.master.isAlive) {
      for (const address of bound) {
        this.#sent.push(this.#kernel.duplicate(formatAddress(address), worker.id));
      }
    }
    this.#answer();
    worker.say({ type: "bound", addresses: bound });
    worker.startup.becomeReady();
  }

  /** It lets go of the listener on an address. */
  release(address: string): void {
    const { worker } = this;
    const shared = this.#shared.get(address);
    this.#open.delete(address);
    this.#accepts.delete(address);
    this.#shared.delete(address);
    if (shared === undefined) this.#kernel.close(address, worker.id);
    else this.#kernel.closeDescriptor(shared);
    worker.say({ type: "released", address });
    if (shared !== undefined) worker.tellIdle();
  }

  /** Its master has died: another one may have its shared sockets, which are left alone then. */
  leave(): void {
    for (const address of this.#open) this.#kernel.quiet(address, this.worker.id);
    for (const [address, descriptor] of this.#shared) {
      if (this.worker.world.isHeldByMaster(descriptor)) this.setAccepting(address, false);
      else this.#kernel.shared.withdraw(descriptor);
    }
  }

  setAccepting(address: string, accepts: boolean): void {
    const { worker } = this;
    const descriptor = this.#shared.get(address);
    if (descriptor === undefined) return;
    if (accepts) this.#accepts.add(address);
    else this.#accepts.delete(address);
    this.#kernel.shared.setAccepting(descriptor, accepts ? worker : undefined);
    worker.tellIdle();
  }

  /** There is room, or the loop turns again: takes those that wait at shared sockets. */
  acceptWaiting(): void {
    for (const address of this.#accepts) {
      const descriptor = this.#shared.get(address);
      if (descriptor !== undefined) this.#kernel.shared.setAccepting(descriptor, this.worker);
    }
  }
}
