// One end of a link to another worker: a stream of messages, and beside it packets with
// descriptors. The master makes both, see core/rules/links.ts. A descriptor is sent before the
// message that speaks of it, so that it is there when the message is, and both name it by a number.
//
// What is sent in one turn of the event loop is written at once, and what the kernel does not take
// waits here, bounded: a worker that is stopped or hangs costs the others so much memory and no
// time. It keeps no process alive.
import { closeDescriptor, type Packet, receivePacket, sendPacket } from "../../os/descriptors.ts";
import { SystemError } from "../../os/libc.ts";
import { encodeFrame, FrameReader, type LinkKind, LONGEST } from "./frames.ts";
import { Outbox } from "./outbox.ts";

export type { LinkKind } from "./frames.ts";

/** A message that would have more wait is not sent, unless it is essential. */
export const MOST_WAITING = 16 * 1024 * 1024;

/** Of a message. @param body valid until the handler returns */
export type LinkHandler = (header: object, body: Uint8Array) => void;

/** How a message is sent. */
export interface SendOptions {
  /** However much waits already. Left out: no. */
  readonly isEssential?: boolean;
}

type Socket = Bun.Socket<undefined>;

export class Link {
  #socket: Socket | undefined;
  #isClosed = false;
  readonly #outbox = new Outbox((bytes) => this.#socket?.write(bytes) ?? 0);
  readonly #reader = new FrameReader();
  readonly #handlers = new Map<LinkKind, LinkHandler>();
  readonly #onClosed: (() => void)[] = [];
  /** How many descriptors were sent. */
  #sent = 0;
  /** Has arrived before the message that speaks of it. */
  #next: Packet | undefined;

  /**
   * @param peer the number of the worker at the other end
   * @param stream of this end, as `descriptors`; the link owns both from now on
   * @param onThrown is told what a handler of a message has thrown
   */
  constructor(
    readonly peer: number,
    stream: number,
    readonly descriptors: number,
    readonly onThrown: (thrown: unknown) => void = () => {},
  ) {
    const socket = {
      data: (_socket: Socket, bytes: Uint8Array) => this.#read(bytes),
      drain: () => this.#outbox.write(),
      close: () => this.close(),
      error: () => this.close(),
    };
    // The types only know connections that are yet to be made.
    const options = { fd: stream, socket } as unknown as Bun.UnixSocketOptions<undefined>;
    void Bun.connect(options).then(
      (opened) => this.#open(opened),
      () => this.close(),
    );
  }

  #open(socket: Socket): void {
    this.#socket = socket;
    socket.unref();
    if (this.#isClosed) socket.terminate();
    else this.#outbox.write();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many bytes the kernel has not taken yet. */
  get waitingBytes(): number {
    return this.#outbox.size;
  }

  /** Sends a message. `false`: it is not sent, as too much waits, or the link is closed. */
  send(kind: LinkKind, header: object, body?: Uint8Array, options?: SendOptions): boolean {
    return this.sendFrame(encodeFrame(kind, header, body), options);
  }

  /** The same, for a message that goes to several workers. @param frame by `encodeFrame` */
  sendFrame(frame: Uint8Array, { isEssential = false }: SendOptions = {}): boolean {
    if (this.#isClosed || frame.length > LONGEST) return false;
    const { size } = this.#outbox;
    // A single one may be longer.
    if (!isEssential && size > 0 && size + frame.length > MOST_WAITING) return false;
    this.#outbox.add(frame);
    return true;
  }

  /** Writes what has been sent now, as far as the kernel takes it. */
  flush(): void {
    this.#outbox.write();
  }

  /**
   * Sends a duplicate of a descriptor. Returns the number by which the other end takes it;
   * `undefined`: too many are not taken yet, or nobody is there.
   */
  sendDescriptor(descriptor: number): number | undefined {
    if (this.#isClosed) return undefined;
    try {
      sendPacket(this.descriptors, this.#sent + 1, [descriptor]);
      return ++this.#sent;
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  /**
   * The descriptor with this number; `undefined`: it has not arrived. Those before that nobody has
   * spoken of are closed: none must ever be taken for another one, which may be another client's.
   */
  receiveDescriptor(number: number): number | undefined {
    while (!this.#isClosed) {
      this.#next ??= receivePacket(this.descriptors);
      if (this.#next === undefined || this.#next.tag > number) return undefined;
      const { tag, descriptors } = this.#next;
      this.#next = undefined;
      if (tag === number) return descriptors[0];
      for (const descriptor of descriptors) closeDescriptor(descriptor);
    }
    return undefined;
  }

  /** Who takes messages of a kind: others are dropped. One that throws does not close the link. */
  on(kind: LinkKind, handler: LinkHandler): void {
    this.#handlers.set(kind, handler);
  }

  /** Called once, when either end has closed it. */
  onClosed(handler: () => void): void {
    if (this.#isClosed) handler();
    else this.#onClosed.push(handler);
  }

  #read(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const isValid = this.#reader.take(bytes, ({ kind, header, body }) => {
      if (!this.#isClosed) this.#handle(kind, header, body);
    });
    if (!isValid) this.close();
  }

  #handle(kind: LinkKind, header: object, body: Uint8Array): void {
    try {
      this.#handlers.get(kind)?.(header, body);
    } catch (error) {
      this.onThrown(error);
    }
  }

  /** Closes this end, and with it the other. What waits is dropped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outbox.clear();
    this.#socket?.terminate();
    closeDescriptor(this.descriptors);
    for (const descriptor of this.#next?.descriptors ?? []) closeDescriptor(descriptor);
    for (const handler of this.#onClosed.splice(0)) handler();
  }
}
