// Addresses at which all workers accept from one listening socket, which the master holds.
//
// The core treats them like accept groups of the kernel: it says which listeners get new
// connections, by their places in an array. Here the array is a list of workers, and those of them
// that are to get connections are told to accept; then the others are told to accept no more. As
// the queue is the master's, nothing is lost if both happen late, or never because a worker has
// crashed: what nobody has accepted waits for the next one. Where parts have shares, as in a
// canary, they accept in turns, see accept-turns.ts.
import { append, type Members, type Program, remove } from "../../core/moves/accept-group.ts";
import type { UnixSocket } from "../../config/config.ts";
import type { Sharers } from "../../ipc/messages.ts";
import { formatAddress } from "../../net/address.ts";
import { SystemError } from "../../os/libc.ts";
import type { Cancel } from "../surroundings.ts";
import { type AcceptTurn, namedBy, turnsOf } from "./accept-turns.ts";

/** What they need of the system, and of workers. */
export interface SharedSocketsContext {
  /** The listening socket of an address that this server has claimed. Throws. */
  open(address: string): number;
  /** Refuses new clients from now on, while the queue is served. Throws `SystemError`. */
  withdraw(descriptor: number, address: string): void;
  /** The file of a socket gets these permissions. Throws. */
  permit(descriptor: number, mode: number, gid: number | undefined): void;
  /** Makes the path of a socket again, if somebody has removed it. */
  restore(descriptor: number, address: string): void;
  close(descriptor: number): void;
  tell(worker: number, address: string, accepts: boolean): void;
  /** Calls `act` once, not before `delayMs` have passed. */
  after(delayMs: number, act: () => void): Cancel;
}

/** A listening socket, and the workers that have it. */
interface Socket {
  readonly descriptor: number;
  readonly whose: Sharers;
  readonly workers: Set<number>;
  /** Those that are to accept until the queue is empty, and no more. */
  readonly leaving: Set<number>;
  /** Those that have ended, and whose place is not closed yet. */
  readonly ended: Set<number>;
  /**
   * All that had bound it were told to leave it while another one was about to bind it: when that
   * one ends before it has, nobody is to have the socket.
   */
  isGivenUp: boolean;
  /** New clients no longer come to it. */
  isWithdrawn: boolean;
}

interface Group {
  /** Like the array of the kernel, so that the core's places mean the same. */
  members: Members;
  readonly socketOf: Map<number, Socket>;
  /** Those that the program in force names; undefined: there is none, and all are to accept. */
  named: ReadonlySet<number> | undefined;
  /** Those that have been told to accept. */
  readonly accepting: Set<number>;
  /** Ends their turns, if the program has parts that take turns. */
  endTurns: Cancel | undefined;
}

export class SharedSockets {
  readonly #groups = new Map<string, Group>();
  /** The socket at which clients of an address arrive. */
  readonly #current = new Map<string, Socket>();
  /** What workers have been given and have not bound yet, by worker and address. */
  readonly #given = new Map<number, Map<string, Socket>>();

  constructor(readonly context: SharedSocketsContext) {}

  /** The socket of an address, for a worker that is to bind it. Throws. */
  give(address: string, worker: number, whose: Sharers): number {
    const socket = this.#socketFor(address, whose);
    socket.workers.add(worker);
    const given = this.#given.get(worker) ?? new Map<string, Socket>();
    this.#given.set(worker, given.set(address, socket));
    return socket.descriptor;
  }

  /**
   * A worker has ended: what it was given it will not bind. That alone does not give up a socket:
   * the others there may be old ones, and the next worker of those that serve may come.
   */
  abandon(worker: number): void {
    const given = this.#given.get(worker) ?? [];
    this.#given.delete(worker);
    for (const { socketOf } of this.#groups.values()) socketOf.get(worker)?.ended.add(worker);
    for (const [address, socket] of given) {
      socket.workers.delete(worker);
      const group = this.#groups.get(address);
      if (group === undefined || !socket.isGivenUp || !isLeft(socket)) continue;
      ifPossible(() => this.#withdraw(address, group, socket));
    }
  }

  #socketFor(address: string, whose: Sharers, open = () => this.context.open(address)): Socket {
    const before = this.#current.get(address);
    if (before !== undefined) return before;
    const socket = {
      descriptor: open(),
      whose,
      workers: new Set<number>(),
      leaving: new Set<number>(),
      ended: new Set<number>(),
      isGivenUp: false,
      isWithdrawn: false,
    };
    this.#current.set(address, socket);
    return socket;
  }

  /** A worker has bound it. It accepts, unless there is a program, which does not name it yet. */
  add(address: string, worker: number): void {
    const given = this.#given.get(worker);
    const socket = given?.get(address);
    if (socket === undefined) throw new Error(`worker ${worker} was given no ${address}`);
    given?.delete(address);
    const group = this.#join(address, worker, socket);
    if (group.named === undefined) this.#set(address, group, worker, true);
  }

  /**
   * A worker of the predecessor has it, and accepts.
   * @param descriptor a duplicate of the socket
   */
  adopt(address: string, worker: number, descriptor: number, whose: Sharers): void {
    const socket = this.#socketFor(address, whose, () => descriptor);
    if (socket.descriptor !== descriptor) this.context.close(descriptor);
    const group = this.#join(address, worker, socket);
    group.accepting.add(worker);
    group.named = new Set(group.members);
  }

  #join(address: string, worker: number, socket: Socket): Group {
    const group: Group = this.#groups.get(address) ?? {
      members: [],
      socketOf: new Map<number, Socket>(),
      named: undefined,
      accepting: new Set<number>(),
      endTurns: undefined,
    };
    group.members = append(group.members, worker);
    group.socketOf.set(worker, socket);
    socket.workers.add(worker);
    socket.isGivenUp = false;
    this.#groups.set(address, group);
    return group;
  }

  /** Whether the address is one of these. */
  has(address: string): boolean {
    return this.#groups.has(address) || this.#current.has(address);
  }

  /** Whether a worker has bound any of them. */
  hasWorker(worker: number): boolean {
    return [...this.#groups.values()].some(({ socketOf }) => socketOf.has(worker));
  }

  /** Where clients arrive. */
  get addresses(): string[] {
    return [...this.#current.keys()];
  }

  /** Those whose sockets are this server's own, or were passed to it. */
  sharedBy(whose: Sharers): string[] {
    return this.addresses.filter((address) => this.#current.get(address)?.whose === whose);
  }

  /** The socket of a worker. Throws when it has none. */
  descriptorOf(address: string, worker: number): number {
    const socket = this.#groups.get(address)?.socketOf.get(worker);
    if (socket === undefined) throw new Error(`no listener of worker ${worker} on ${address}`);
    return socket.descriptor;
  }

  /** Makes those accept that a program names, or all, and then the others no more. */
  steer(address: string, program: Program): void {
    const group = this.#groups.get(address);
    if (group === undefined) return;
    group.endTurns?.();
    group.endTurns = undefined;
    const turns = turnsOf(program, group.members);
    if (turns === undefined) this.#name(address, group, namedBy(program, group.members));
    else this.#takeTurns(address, group, turns, 0);
  }

  /** The parts of a program accept one after another, round and round. */
  #takeTurns(address: string, group: Group, turns: readonly AcceptTurn[], at: number): void {
    const { workers, ms } = turns[at % turns.length] as AcceptTurn;
    const present = workers.filter((worker) => group.members.includes(worker));
    // Somebody accepts at all times.
    this.#name(address, group, present.length > 0 ? present : undefined);
    const next = (): void => this.#takeTurns(address, group, turns, (at + 1) % turns.length);
    group.endTurns = this.context.after(ms, next);
  }

  #name(address: string, group: Group, named: readonly number[] | undefined): void {
    group.named = named && new Set(named);
    const isNamed = (worker: number): boolean => group.named?.has(worker) ?? true;
    const order = group.members.toSorted((a, b) => Number(isNamed(b)) - Number(isNamed(a)));
    for (const worker of order) this.#set(address, group, worker, isNamed(worker));
  }

  #set(address: string, group: Group, worker: number, accepts: boolean): void {
    const socket = group.socketOf.get(worker);
    // Its queue is left to whoever started this server, and is served after the next start.
    if (accepts && socket?.isWithdrawn === true && socket.whose === "inherited") return;
    // Once it has been told to end, it accepts until nothing is left.
    if (!accepts && socket?.isWithdrawn === true && socket.whose === "ours") return;
    // What comes meanwhile waits for those that are to have it.
    if (accepts && socket?.isWithdrawn === false && socket.leaving.has(worker)) return;
    if (group.accepting.has(worker) === accepts) return;
    if (accepts) group.accepting.add(worker);
    else group.accepting.delete(worker);
    this.context.tell(worker, address, accepts);
  }

  /**
   * A worker is to get no new connections. If no other one has the socket, new clients are refused
   * from now on, and it accepts what is queued. Throws `SystemError` where that is impossible.
   * @param isKept clients go on to arrive, and wait for the next one that has it
   */
  quiet(address: string, worker: number, isKept = false): void {
    const group = this.#groups.get(address);
    const socket = group?.socketOf.get(worker);
    if (group === undefined || socket === undefined) return;
    socket.leaving.add(worker);
    const isThere = (id: number): boolean => !socket.leaving.has(id) && !socket.ended.has(id);
    const others = isKept ? [] : [...socket.workers].filter(isThere);
    socket.isGivenUp = !isKept && !others.some((id) => group.socketOf.has(id));
    if (!isKept && others.length === 0) this.#withdraw(address, group, socket);
    else this.#set(address, group, worker, false);
  }

  #withdraw(address: string, group: Group, socket: Socket): void {
    if (this.#current.get(address) === socket) this.#current.delete(address);
    socket.isWithdrawn = true;
    const { workers, whose } = socket;
    const accepts = whose === "ours";
    try {
      if (accepts) this.context.withdraw(socket.descriptor, address);
    } finally {
      for (const member of workers) this.#set(address, group, member, accepts);
    }
  }

  /** A worker no longer has the socket. Those that stay accept as the program says. */
  close(address: string, worker: number, program: Program | "kept"): void {
    const group = this.#groups.get(address);
    const socket = group?.socketOf.get(worker);
    if (group === undefined || socket === undefined) return;
    group.members = remove(group.members, worker);
    group.socketOf.delete(worker);
    group.accepting.delete(worker);
    socket.workers.delete(worker);
    socket.leaving.delete(worker);
    socket.ended.delete(worker);
    if (socket.isWithdrawn && socket.workers.size === 0) this.context.close(socket.descriptor);
    if (group.members.length === 0) {
      group.endTurns?.();
      this.#groups.delete(address);
    } else if (program !== "kept") {
      this.steer(address, program);
    }
  }

  /**
   * Gives up the sockets that no worker has, except those of `wanted`: the workers of all others
   * may have crashed, and the next one gets what is queued.
   */
  keepOnly(wanted: readonly string[]): void {
    for (const [address, socket] of this.#current) {
      if (socket.workers.size > 0 || wanted.includes(address)) continue;
      this.#current.delete(address);
      if (socket.whose === "ours") {
        ifPossible(() => this.context.withdraw(socket.descriptor, address));
      }
      this.context.close(socket.descriptor);
    }
  }

  /**
   * Another configuration is in force: a socket that stays gets the permissions in it. Throws.
   * @param gid the group of its file; undefined: that of a new file
   */
  permit({ path, mode }: UnixSocket, gid: number | undefined): void {
    const socket = this.#current.get(formatAddress({ path }));
    if (socket?.whose === "ours") this.context.permit(socket.descriptor, mode, gid);
  }

  /** People and cleaners of /tmp remove paths: makes those again that are gone. */
  restore(): void {
    for (const [address, { descriptor, whose }] of this.#current) {
      if (whose === "ours") this.context.restore(descriptor, address);
    }
  }

  /** Closes all, which another process has as well: its clients go on to arrive there. */
  closeAll(): void {
    const all = new Set(this.#current.values());
    for (const { socketOf, endTurns } of this.#groups.values()) {
      endTurns?.();
      for (const socket of socketOf.values()) all.add(socket);
    }
    for (const { descriptor } of all) this.context.close(descriptor);
    this.#groups.clear();
    this.#current.clear();
  }
}

/** Whether all that have a socket are to leave it. */
function isLeft({ workers, leaving }: Socket): boolean {
  return workers.size > 0 && [...workers].every((worker) => leaving.has(worker));
}

/** A sandbox may forbid a filter: without it new clients come until the socket is closed. */
function ifPossible(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
