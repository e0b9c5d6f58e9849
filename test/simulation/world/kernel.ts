// The kernel's part: accept groups as net/core/sock_reuseport.c keeps them. Written apart from the
// model in src/core, so that the two can be held against each other.

import { indexesOf, type Program } from "../../../src/core/moves/accept-group.ts";
import { SharedKernel } from "./shared-kernel.ts";

/** A listening socket. It lives as long as any process, or message under way, has a copy. */
interface Socket {
  readonly owner: number;
  copies: number;
  /** New handshakes are to be dropped, and are, unless the kernel refuses filters. */
  quiet: boolean;
  drops: boolean;
}

interface Group {
  sockets: Socket[];
  program: Program;
}

/** A copy of a listener in a process that is not its owner, or on its way there. */
interface Descriptor {
  readonly address: string;
  readonly socket: Socket;
}

/** A system call that has just been made. */
export type Call = "listen" | "refused" | "close" | "attach" | "quiet" | "divert";

/** Owns the listeners whose queues are full: no worker does. */
const NOBODY = -1;

export class Kernel {
  /** Sockets that all workers share. */
  readonly shared: SharedKernel;
  readonly #groups = new Map<string, Group>();
  readonly #descriptors = new Map<number, Descriptor>();
  #nextDescriptor = 10;
  #nextPort = 40_000;
  /** Whether programs may be attached; taking one off is always possible. */
  steerable = true;
  /** Whether a listener can be made to drop new handshakes. */
  filters = true;
  /** Addresses that somebody else listens on. */
  readonly taken = new Set<string>();
  /** Told after each call that can change where connections go. */
  onCall: (call: Call, address: string) => void = () => {};

  constructor(pick: <T>(among: readonly T[]) => T) {
    this.shared = new SharedKernel(pick);
  }

  /** Listens where addresses are not shared. `false`: somebody does already. */
  listenSolo(address: string, owner: number): boolean {
    if (this.has(address)) this.onCall("refused", address);
    if (this.has(address) || this.taken.has(address)) return false;
    this.listen(address, owner);
    return true;
  }

  listen(address: string, owner: number): void {
    const group = this.#groups.get(address) ?? { sockets: [], program: undefined };
    group.sockets.push({ owner, copies: 1, quiet: false, drops: false });
    this.#groups.set(address, group);
    this.onCall("listen", address);
  }

  /** A port that nobody has. */
  freePort(): number {
    return this.#nextPort++;
  }

  /** Its owner puts a listener into a message. Returns the descriptor of the copy. */
  duplicate(address: string, owner: number): number {
    return this.#copy(address, this.#socket(address, owner));
  }

  /** A process that has a descriptor puts it into a message. */
  duplicateOf(descriptor: number): number {
    if (this.shared.has(descriptor)) return this.shared.duplicateOf(descriptor);
    const { address, socket } = this.#entry(descriptor);
    return this.#copy(address, socket);
  }

  #copy(address: string, socket: Socket): number {
    socket.copies += 1;
    this.#descriptors.set(this.#nextDescriptor, { address, socket });
    return this.#nextDescriptor++;
  }

  /** The address of a descriptor. Throws when it is not open. */
  addressOf(descriptor: number): string {
    if (this.shared.has(descriptor)) return this.shared.addressOf(descriptor);
    return this.#entry(descriptor).address;
  }

  closeDescriptor(descriptor: number): void {
    if (this.shared.has(descriptor)) return this.shared.close(descriptor);
    const { address, socket } = this.#entry(descriptor);
    this.#descriptors.delete(descriptor);
    this.#drop(address, socket);
  }

  #entry(descriptor: number): Descriptor {
    const entry = this.#descriptors.get(descriptor);
    if (entry === undefined) throw new Error(`descriptor ${descriptor} is not open`);
    return entry;
  }

  /** The owner closes its listener. */
  close(address: string, owner: number): void {
    this.#drop(address, this.#socket(address, owner));
  }

  /** Closes one copy. With the last one the socket goes: the last of the array takes its place. */
  #drop(address: string, socket: Socket): void {
    const group = this.#group(address);
    socket.copies -= 1;
    if (socket.copies > 0) return;
    const index = group.sockets.indexOf(socket);
    const last = group.sockets.length - 1;
    group.sockets[index] = group.sockets[last] as Socket;
    group.sockets.length = last;
    // With the last listener of a worker the master closes those that connections were diverted to.
    if (last === 0 || group.sockets.every(({ owner }) => owner === NOBODY)) {
      this.#groups.delete(address);
    }
    this.onCall("close", address);
  }

  /** Puts a program in force for the group of a listener, or takes it off. */
  attach(descriptor: number, program: Program): void {
    const address = this.addressOf(descriptor);
    this.#group(address).program = program;
    this.onCall("attach", address);
  }

  /** A listener is to drop new handshakes. @param drops it does */
  quietDescriptor(descriptor: number, drops: boolean): boolean {
    const { address, socket } = this.#entry(descriptor);
    return this.#quiet(address, socket, drops);
  }

  /** Its owner has it drop new handshakes. */
  quiet(address: string, owner: number): boolean {
    return this.#quiet(address, this.#socket(address, owner), this.filters);
  }

  #quiet(address: string, socket: Socket, drops: boolean): boolean {
    socket.quiet = true;
    socket.drops ||= drops;
    this.onCall("quiet", address);
    return socket.drops;
  }

  /**
   * Has as many listeners with full queues join a group of `size`, and steers to the first of them.
   * `false`: not permitted, and new connections go to every listener of the group.
   */
  divert(address: string, size: number, isPermitted: boolean): boolean {
    const group = this.#group(address);
    if (group.sockets.length !== size) throw new Error(`${address} has not ${size} listeners`);
    group.program = isPermitted ? [size] : [...group.sockets.keys()];
    const full = { owner: NOBODY, copies: 1, quiet: true, drops: true };
    if (isPermitted) group.sockets.push(...Array.from({ length: size }, () => ({ ...full })));
    this.onCall("divert", address);
    return isPermitted;
  }

  has(address: string): boolean {
    return this.#groups.has(address);
  }

  addresses(): string[] {
    return [...this.#groups.keys()];
  }

  /** The owners of the sockets, in the order of the array. */
  owners(address: string): number[] {
    const { sockets = [] } = this.#groups.get(address) ?? {};
    return sockets.map((socket) => socket.owner).filter((owner) => owner !== NOBODY);
  }

  program(address: string): Program {
    return this.#groups.get(address)?.program;
  }

  isQuiet(address: string, owner: number): boolean {
    return this.#socket(address, owner).quiet;
  }

  /** Whether a new handshake that comes to it is dropped, and not only to be dropped. */
  drops(address: string, owner: number): boolean {
    return this.#socket(address, owner).drops;
  }

  /**
   * Every owner that the next connection can come to: an index out of range means any of them.
   * Nobody is reached where connections are diverted.
   */
  reach(address: string): number[] {
    const { sockets, program } = this.#groups.get(address) ?? { sockets: [], program: undefined };
    const named = indexesOf(program);
    if (named?.length === 0) throw new Error(`an empty program is in force on ${address}`);
    const isOut = named?.some((index) => index >= sockets.length) === true;
    const reached = named === undefined || isOut ? [...sockets.keys()] : named;
    const owners = reached.map((index) => sockets[index]?.owner ?? NOBODY);
    return owners.filter((owner) => owner !== NOBODY);
  }

  /**
   * The owner that a new connection comes to, as chance decides. @param fraction from 0 to 1, in
   * place of the hash of the client
   */
  route(address: string, fraction: number): number | undefined {
    const shares = this.shares(address);
    const whole = [...shares.values()].reduce((sum, share) => sum + share, 0);
    let rest = fraction * whole;
    for (const [owner, share] of shares) {
      rest -= share;
      if (rest < 0) return owner;
    }
    return undefined;
  }

  /** The share of the new connections that each owner gets; those that nobody gets are left out. */
  shares(address: string): Map<number, number> {
    const { sockets, program } = this.#groups.get(address) ?? { sockets: [], program: undefined };
    const all = [...sockets.keys()];
    const parts: readonly { readonly weight: number; readonly indexes: readonly number[] }[] =
      program !== undefined && "parts" in program
        ? program.parts.map(({ weight, indexes }) => ({ weight, indexes: withoutGaps(indexes) }))
        : [{ weight: 1, indexes: program ?? all }];
    const whole = parts.reduce((sum, { weight }) => sum + weight, 0);
    const shares = new Map<number, number>();
    for (const { weight, indexes } of parts) {
      const isOut = indexes.some((index) => index >= sockets.length);
      const named = isOut ? all : indexes;
      for (const index of named) {
        const owner = sockets[index]?.owner ?? NOBODY;
        if (owner === NOBODY) continue;
        shares.set(owner, (shares.get(owner) ?? 0) + weight / whole / named.length);
      }
    }
    return shares;
  }

  #group(address: string): Group {
    const group = this.#groups.get(address);
    if (group === undefined) throw new Error(`nobody listens on ${address}`);
    return group;
  }

  #socket(address: string, owner: number): Socket {
    const socket = this.#group(address).sockets.find((candidate) => candidate.owner === owner);
    if (socket === undefined) throw new Error(`worker ${owner} has no socket on ${address}`);
    return socket;
  }
}

/** The clients of an empty slot go to the others. */
function withoutGaps(indexes: readonly (number | undefined)[]): number[] {
  return indexes.filter((index) => index !== undefined);
}
