// The kernel's part where all workers share a listening socket: sockets with queues, the paths that
// lead to them, and which processes have which.

/** Who may accept from a socket. */
export interface Acceptor {
  readonly id: number;
  /** It runs, and its event loop turns. */
  readonly canAccept: boolean;
  /** A connection that ends after `durationMs`, if that is ever. */
  accept(durationMs: number): void;
}

interface Socket {
  readonly address: string;
  /** Descriptors of it, in processes and on their way. */
  copies: number;
  /** How long each connection will last that nobody has accepted. */
  readonly queue: number[];
  readonly accepting: Map<number, Acceptor>;
  /** Those that are queued when it is closed are lost, as nothing keeps new ones away. */
  mayLose: boolean;
  /** It is given up: nobody makes its path again. */
  isWithdrawn: boolean;
}

const FIRST_DESCRIPTOR = 5_000_000;

export class SharedKernel {
  readonly #paths = new Map<string, Socket>();
  readonly #descriptors = new Map<number, Socket>();
  #next = FIRST_DESCRIPTOR;
  /** Where connections waited that nobody has accepted and nobody will: their clients are reset. */
  readonly lost: { readonly address: string; readonly isPath: boolean }[] = [];

  constructor(readonly pick: <T>(among: readonly T[]) => T) {}

  /** A new socket, to which the path leads from now on. */
  listen(address: string): number {
    const socket: Socket = {
      address,
      copies: 0,
      queue: [],
      accepting: new Map(),
      mayLose: false,
      isWithdrawn: false,
    };
    this.#paths.set(address, socket);
    return this.#copy(socket);
  }

  has(descriptor: number): boolean {
    return this.#descriptors.has(descriptor);
  }

  /** Whether two descriptors are of one socket. */
  isSame(one: number, other: number): boolean {
    return this.#socket(one) === this.#socket(other);
  }

  duplicateOf(descriptor: number): number {
    return this.#copy(this.#socket(descriptor));
  }

  addressOf(descriptor: number): string {
    return this.#socket(descriptor).address;
  }

  close(descriptor: number): void {
    const socket = this.#socket(descriptor);
    this.#descriptors.delete(descriptor);
    socket.accepting.delete(descriptor);
    socket.copies -= 1;
    if (socket.copies > 0) return;
    const { address, queue } = socket;
    const isPath = this.#paths.get(address) === socket;
    const lost = socket.mayLose ? 0 : queue.length;
    for (let client = 0; client < lost; client++) this.lost.push({ address, isPath });
    // A path at which nobody listens.
    this.#removePath(socket);
  }

  /** The path leads nowhere, unless it leads to another socket by now. */
  withdraw(descriptor: number): void {
    const socket = this.#socket(descriptor);
    socket.isWithdrawn = true;
    this.#removePath(socket);
  }

  /** The same is refused. */
  keep(descriptor: number): void {
    this.#socket(descriptor).mayLose = true;
  }

  /**
   * A successor that has failed may have had the path in the meantime. Then the server makes it
   * again, within two seconds; here it does so at once.
   */
  #removePath(socket: Socket): void {
    const { address } = socket;
    if (this.#paths.get(address) !== socket) return;
    this.#paths.delete(address);
    const isServed = (it: Socket): boolean =>
      it !== socket && it.address === address && !it.isWithdrawn && !it.mayLose;
    const other = [...this.#descriptors.values()].find(isServed);
    if (other !== undefined) this.#paths.set(address, other);
  }

  /** @param by undefined: it accepts no more */
  setAccepting(descriptor: number, by: Acceptor | undefined): void {
    const socket = this.#socket(descriptor);
    if (by === undefined) socket.accepting.delete(descriptor);
    else socket.accepting.set(descriptor, by);
    this.#serve(socket);
  }

  /** A client connects. `false`: nobody listens. */
  connect(address: string, durationMs: number): boolean {
    const socket = this.#paths.get(address);
    if (socket === undefined) return false;
    socket.queue.push(durationMs);
    this.#serve(socket);
    return true;
  }

  #serve(socket: Socket): void {
    for (;;) {
      const able = [...socket.accepting.values()].filter(({ canAccept }) => canAccept);
      const [durationMs] = socket.queue;
      if (durationMs === undefined || able.length === 0) return;
      socket.queue.shift();
      this.pick(able).accept(durationMs);
    }
  }

  /** The paths at which somebody listens. */
  addresses(): string[] {
    return [...this.#paths.keys()];
  }

  /** Who accepts what comes to a path. */
  acceptorsAt(address: string): number[] {
    const socket = this.#paths.get(address);
    return [...(socket?.accepting.values() ?? [])].map(({ id }) => id);
  }

  /** Whether a path leads to the socket of a descriptor. */
  leadsTo(address: string, descriptor: number): boolean {
    return this.#paths.get(address) === this.#descriptors.get(descriptor);
  }

  /** How many wait at a path. */
  queuedAt(address: string): number {
    return this.#paths.get(address)?.queue.length ?? 0;
  }

  #copy(socket: Socket): number {
    socket.copies += 1;
    this.#descriptors.set(this.#next, socket);
    return this.#next++;
  }

  #socket(descriptor: number): Socket {
    const socket = this.#descriptors.get(descriptor);
    if (socket === undefined) throw new Error(`descriptor ${descriptor} is not open`);
    return socket;
  }
}
