// The master's duplicates of its workers' listeners. Everything that decides where the kernel puts
// a new connection is done here, on these duplicates, at once.
import type { Program } from "../../core/moves/accept-group.ts";
import type { Sharers } from "../../ipc/messages.ts";
import { isUnix, parseAddress } from "../../net/address.ts";
import type { EndDiversion } from "../../net/diversion.ts";
import { SystemError } from "../../os/libc.ts";
import type { Clock, ListenerSockets } from "../surroundings.ts";
import { SharedSockets, type SharedSocketsContext } from "./shared-sockets.ts";

export class Listeners {
  /** Descriptors by address, then by worker; undefined where listeners are not passed on. */
  readonly #byAddress = new Map<string, Map<number, number | undefined>>();
  #steeringIsRefused = false;
  /** Groups in which a program may be in force. */
  readonly #steered = new Set<string>();
  /** Groups whose new connections no longer go anywhere. */
  readonly #diverted = new Map<string, EndDiversion>();

  /** Those that all workers share. */
  readonly shared: SharedSockets;

  /** @param tell tells a worker whether to accept from the shared socket of an address */
  constructor(
    readonly sockets: ListenerSockets,
    clock: Pick<Clock, "after">,
    tell: SharedSocketsContext["tell"],
  ) {
    this.shared = new SharedSockets({
      open: (address) => sockets.takeClaim(address),
      withdraw: (descriptor, address) => sockets.withdraw(descriptor, address),
      permit: (...file) => sockets.permit(...file),
      restore: (descriptor, address) => sockets.restorePath(descriptor, address),
      close: (descriptor) => sockets.close(descriptor),
      tell,
      after: (delayMs, act) => clock.after(delayMs, act),
    });
  }

  add(address: string, worker: number, descriptor: number | undefined): void {
    const group = this.#byAddress.get(address) ?? new Map<number, number | undefined>();
    if (!this.#steeringIsRefused) this.#steered.add(address);
    this.#byAddress.set(address, group.set(worker, descriptor));
    this.sockets.releaseClaim(address);
  }

  /**
   * A worker of the predecessor listens.
   * @param whose of a socket that its workers share; undefined: the worker's own
   */
  adopt(address: string, worker: number, descriptor: number, whose: Sharers | undefined): void {
    if (whose === undefined) return this.add(address, worker, descriptor);
    if (whose === "inherited") this.sockets.keepInherited(address, descriptor);
    this.shared.adopt(address, worker, descriptor, whose);
  }

  /** The duplicate of a worker's listener. Throws when there is none. */
  descriptorOf(address: string, worker: number): number {
    if (this.shared.has(address)) return this.shared.descriptorOf(address, worker);
    const descriptor = this.#byAddress.get(address)?.get(worker);
    if (descriptor === undefined) throw new Error(`no listener of worker ${worker} on ${address}`);
    return descriptor;
  }

  /** Addresses that workers share: those whose sockets were passed to this server, or its own. */
  sharedBy(whose: Sharers): string[] {
    return this.shared.sharedBy(whose);
  }

  /** Whether a listener of the worker is here, on any address. */
  has(worker: number): boolean {
    const isOwn = [...this.#byAddress.values()].some((group) => group.has(worker));
    return isOwn || this.shared.hasWorker(worker);
  }

  get addresses(): string[] {
    return [...this.#byAddress.keys(), ...this.shared.addresses];
  }

  /**
   * Puts a program in force for the group of `address`: any member may do that for all. Once that
   * has been refused, programs are only removed, where there may be one. Throws `SystemError`; then
   * the previous program is still in force.
   */
  steer(address: string, program: Program): void {
    if (this.shared.has(address)) return this.shared.steer(address, program);
    if (this.#steeringIsRefused && (program !== undefined || !this.#steered.has(address))) return;
    const [descriptor] = this.#byAddress.get(address)?.values() ?? [];
    if (descriptor === undefined) return;
    try {
      this.sockets.steer(descriptor, program);
      if (program === undefined) this.#steered.delete(address);
      else this.#steered.add(address);
    } catch (error) {
      this.refuseSteering();
      throw error;
    }
  }

  /**
   * Why the kernel does not accept steering programs; `undefined` if it does, from now on.
   * @param program to try, for a moment
   */
  steeringProblem(address: string, program: Program = [0]): string | undefined {
    this.#steeringIsRefused = false;
    try {
      this.steer(address, program);
      this.steer(address, undefined);
      return undefined;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return error.code;
    }
  }

  /**
   * The kernel does not accept programs: listeners will close sooner than a silent connection is
   * accepted, unless that is done at once.
   */
  refuseSteering(): void {
    this.#steeringIsRefused = true;
    for (const group of this.#byAddress.values()) {
      for (const descriptor of group.values()) this.#tryTo("acceptAtOnce", descriptor);
    }
  }

  /**
   * A worker's listeners defer accept while it serves. The worker ends that when it drains: then
   * its listener stays open for longer than a silent connection takes to be accepted.
   */
  deferAccept(worker: number): void {
    if (this.#steeringIsRefused) return;
    for (const group of this.#byAddress.values()) {
      this.#tryTo("acceptWithData", group.get(worker));
    }
  }

  /**
   * Makes a listener drop new handshakes. Throws `SystemError` where that is forbidden.
   * @param isKept what comes to a shared socket waits there
   */
  quiet(address: string, worker: number, isKept = false): void {
    if (this.shared.has(address)) return this.shared.quiet(address, worker, isKept);
    const descriptor = this.#byAddress.get(address)?.get(worker);
    if (descriptor === undefined) return;
    this.#tryTo("acceptAtOnce", descriptor);
    this.sockets.dropNewHandshakes(descriptor);
  }

  /**
   * Keeps new connections away from the `size` listeners of a group until the last one is closed.
   * Throws where that is impossible; then new connections come to all of them.
   */
  divert(address: string, size: number): void {
    if (this.shared.has(address)) throw new SystemError("divert", "EOPNOTSUPP");
    const [member] = this.#byAddress.get(address)?.values() ?? [];
    if (member === undefined) throw new Error(`there is no listener on ${address}`);
    const at = parseAddress(address);
    if (isUnix(at)) throw new Error(`${address} cannot be diverted`);
    const end = this.sockets.divert(member, at, size);
    if (end === undefined) throw new Error(`${address} has other listeners than expected`);
    this.#diverted.set(address, end);
  }

  /**
   * Closes a listener. The group is steered by `during` at that moment and by `after` from then on.
   * The listener drops new handshakes first, see `planClose`. Throws `SystemError` if the group
   * cannot be steered; the listener is closed anyway.
   * @param keepsProgram leaves the program of the group alone
   */
  close(
    address: string,
    worker: number,
    { during, after, keepsProgram }: { during: Program; after: Program; keepsProgram?: true },
  ): void {
    if (this.shared.has(address)) {
      return this.shared.close(address, worker, keepsProgram === true ? "kept" : after);
    }
    const group = this.#byAddress.get(address);
    const descriptor = group?.get(worker);
    if (group === undefined || !group.has(worker)) return;
    this.#tryTo("dropNewHandshakes", descriptor);
    try {
      if (keepsProgram !== true) this.steer(address, during);
    } finally {
      if (descriptor !== undefined) this.sockets.close(descriptor);
      group.delete(worker);
      if (group.size === 0) this.#forget(address);
      else if (keepsProgram !== true) this.steer(address, after);
    }
  }

  /** What a sandbox may forbid, and what is only better with it. */
  #tryTo(
    what: "acceptAtOnce" | "acceptWithData" | "dropNewHandshakes",
    descriptor: number | undefined,
  ): void {
    try {
      if (descriptor !== undefined) this.sockets[what](descriptor);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  #forget(address: string): void {
    this.#byAddress.delete(address);
    this.#steered.delete(address);
    this.#diverted.get(address)?.();
    this.#diverted.delete(address);
  }

  /** Closes all duplicates of listeners that others hold as well. */
  closeAll(): void {
    this.shared.closeAll();
    for (const group of this.#byAddress.values()) {
      for (const descriptor of group.values()) {
        if (descriptor !== undefined) this.sockets.close(descriptor);
      }
    }
    this.#byAddress.clear();
  }
}
