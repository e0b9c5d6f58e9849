// One end of the channel between the master and a worker: a socket pair that carries one JSON text
// per line.
//
// It is not Bun's own IPC, because the app would share that: whatever it sends with `process.send`
// would reach the master, and `process.disconnect` would end the worker. So the app has no IPC,
// just as under `bun`. And the queue for a process that does not read (SIGSTOP) is bounded here.

/** How many messages may wait for the other end. Of some kinds only the newest waits. */
const MOST_WAITING = 1000;
/** From this many on, messages that are not essential are dropped. */
const BEHIND = MOST_WAITING / 2;
/** A longer line is not a message: the longest one lists some thousand requests. */
const LONGEST_LINE = 16 * 1024 * 1024;
const LINE_END = 10;

interface ChannelCallbacks {
  /** @param value what has arrived, unchecked; `undefined` if it is not JSON */
  readonly onValue: (value: unknown) => void;
  /** The other end has gone, or this end was closed. Called once. */
  readonly onClosed: () => void;
}

interface Waiting {
  readonly kind: string | undefined;
  readonly bytes: Uint8Array;
}

type Socket = Bun.Socket<undefined>;

export class Channel {
  #socket: Socket | undefined;
  #isClosed = false;
  /** What has not been written yet, oldest first. */
  #waiting: Waiting[] = [];
  /** How much of the oldest has been written. */
  #written = 0;
  #line: Uint8Array[] = [];
  #lineLength = 0;

  /**
   * @param descriptor of this end; the channel owns it from now on
   * @param keepsAlive whether it keeps its process alive, as other sockets do
   */
  constructor(
    descriptor: number,
    readonly callbacks: ChannelCallbacks,
    readonly keepsAlive = true,
  ) {
    const socket = {
      data: (_socket: Socket, bytes: Uint8Array) => this.#read(bytes),
      drain: () => this.#write(),
      close: () => this.close(),
      error: () => this.close(),
    };
    // The types only know connections that are yet to be made.
    const options = { fd: descriptor, socket } as unknown as Bun.UnixSocketOptions<undefined>;
    void Bun.connect(options).then(
      (opened) => this.#open(opened),
      () => this.close(),
    );
  }

  #open(socket: Socket): void {
    this.#socket = socket;
    if (!this.keepsAlive) socket.unref();
    if (this.#isClosed) socket.terminate();
    else this.#write();
  }

  /**
   * Sends a message, or keeps it until the other end reads. `false`: too much is waiting already.
   * @param kind if an older message of this kind still waits, this one replaces it
   */
  send(message: object, kind?: string): boolean {
    if (this.#isClosed) return true;
    if (kind !== undefined) this.#forget(kind);
    if (this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push({ kind, bytes: Buffer.from(`${JSON.stringify(message)}\n`) });
    this.#write();
    return true;
  }

  /** The other end has not read for a while. */
  get isBehind(): boolean {
    return this.#waiting.length >= BEHIND;
  }

  /** A message that has been written in part must be written in full. */
  #forget(kind: string): void {
    this.#waiting = this.#waiting.filter(
      (it, at) => it.kind !== kind || (at === 0 && this.#written > 0),
    );
  }

  #write(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const rest = next.bytes.subarray(this.#written);
      const written = Math.max(0, socket.write(rest));
      if (written < rest.length) {
        this.#written += written;
        return;
      }
      this.#waiting.shift();
      this.#written = 0;
    }
  }

  #read(bytes: Uint8Array): void {
    let rest = bytes;
    for (let end = rest.indexOf(LINE_END); end >= 0; end = rest.indexOf(LINE_END)) {
      const line =
        this.#line.length === 0 ? rest.subarray(0, end) : this.#join(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      if (this.#isClosed) return;
      this.callbacks.onValue(parse(line));
    }
    if (rest.length === 0) return;
    // Bun reuses the memory.
    this.#line.push(rest.slice());
    this.#lineLength += rest.length;
    if (this.#lineLength > LONGEST_LINE) this.close();
  }

  #join(end: Uint8Array): Uint8Array {
    const line = Buffer.concat([...this.#line, end]);
    this.#line = [];
    this.#lineLength = 0;
    return line;
  }

  /** Closes the channel. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#socket?.terminate();
    this.callbacks.onClosed();
  }
}

const decoder = new TextDecoder();

function parse(line: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(line));
  } catch {
    return undefined;
  }
}
