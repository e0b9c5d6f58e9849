// HTTP/2, frame by frame: a client that does only what a test tells it to, right or wrong. It
// acknowledges settings, and opens its window again for what it has received.
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const;
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

const HEAD = 9;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const WAIT_MS = 10_000;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

type Fields = readonly (readonly [string, string])[];

export function frame(type: number, flags: number, stream: number, payload?: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUIntBE(payload?.length ?? 0, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return payload === undefined ? head : Buffer.concat([head, payload]);
}

export function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** A header block, of literals alone: no table, no Huffman code. */
export function headerBlock(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap((field) => [ZERO, ...field.map(literal)]));
}

function literal(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([lengthOf(bytes.length), bytes]);
}

const ZERO = Buffer.from([0]);

/** An integer with a prefix of seven bits. */
function lengthOf(length: number): Buffer {
  if (length < 127) return Buffer.from([length]);
  const bytes = [127];
  for (let left = length - 127; ; left >>= 7) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left & 127) | 128);
  }
}

/** The status in the first field of a header block: Bun writes it as one of the static table. */
function statusOf(block: Buffer): number | undefined {
  return [200, 204, 206, 304, 400, 404, 500][(block[0] ?? 0) - 0x88];
}

export class Http2Connection {
  readonly frames: Frame[] = [];
  /** How it has ended: "close", or the code of an error; undefined: it has not. */
  ended: string | undefined;
  /** Whether what was received is made room for again. */
  opensWindow = true;
  #rest = Buffer.alloc(0);
  #nextStream = 1;
  #waiting: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    socket.on("close", () => this.#end("close"));
  }

  static async open(port: number, { tls = false, settings = Buffer.alloc(0) } = {}) {
    const to = { port, host: "127.0.0.1" };
    const socket = tls
      ? connectTls({ ...to, rejectUnauthorized: false, ALPNProtocols: ["h2"] })
      : connectTcp(to);
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? "secureConnect" : "connect", () => resolve());
      socket.once("error", reject);
    });
    const connection = new Http2Connection(socket);
    connection.send(PREFACE, frame(TYPE.settings, 0, 0, settings));
    return connection;
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Sends the head of a request. @returns the number of its stream */
  request(path: string, { method = "GET", fields = [] as Fields, isOpen = false } = {}): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    const pseudo: Fields = [
      [":method", method],
      [":path", path],
      [":scheme", "http"],
      [":authority", "localhost"],
    ];
    const flags = FLAG.endHeaders | (isOpen ? 0 : FLAG.endStream);
    this.send(frame(TYPE.headers, flags, stream, headerBlock([...pseudo, ...fields])));
    return stream;
  }

  /** What has come back on a stream when it has ended, or the connection has. */
  async answer(stream: number): Promise<{ status: number | undefined; text: string; end: string }> {
    const ended = (): string | undefined => {
      const own = this.frames.filter((it) => it.stream === stream);
      const reset = own.find(({ type }) => type === TYPE.reset);
      if (reset !== undefined) return `reset ${reset.payload.readUInt32BE(0)}`;
      const hasFlag = own.some(
        ({ type, flags }) => type <= TYPE.headers && (flags & FLAG.endStream) !== 0,
      );
      return hasFlag ? "whole" : this.ended;
    };
    await this.until(() => ended() !== undefined);
    const own = this.frames.filter((it) => it.stream === stream);
    const head = own.find(({ type }) => type === TYPE.headers);
    const data = own.filter(({ type }) => type === TYPE.data).map(({ payload }) => payload);
    return {
      status: head && statusOf(head.payload),
      text: Buffer.concat(data).toString(),
      end: ended() ?? "",
    };
  }

  /** Resolves when the server has read all that was sent before. */
  async pong(): Promise<void> {
    const pongs = (): number => this.frames.filter(({ type }) => type === TYPE.ping).length;
    const before = pongs();
    this.send(frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
    await this.until(() => pongs() > before || this.ended !== undefined);
  }

  get(path: string): Promise<{ status: number | undefined; text: string; end: string }> {
    return this.answer(this.request(path));
  }

  /** The last streams that GOAWAY frames have named, with their error codes. */
  get goneAway(): { readonly last: number; readonly code: number }[] {
    return this.frames
      .filter(({ type }) => type === TYPE.goAway)
      .map(({ payload }) => ({ last: payload.readUInt32BE(0), code: payload.readUInt32BE(4) }));
  }

  /** Throws if that takes too long. */
  async until(isDone: () => boolean): Promise<void> {
    const late = setTimeout(() => this.#end("late"), WAIT_MS);
    while (!isDone() && this.ended !== "late") {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    clearTimeout(late);
    if (this.ended === "late") throw new Error("the server has not done what was awaited");
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= HEAD) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < HEAD + length) break;
      const payload = Buffer.from(this.#rest.subarray(HEAD, HEAD + length));
      const [type = 0, flags = 0] = this.#rest.subarray(3, 5);
      const stream = this.#rest.readUInt32BE(5) & 0x7f_ff_ff_ff;
      this.#rest = this.#rest.subarray(HEAD + length);
      this.frames.push({ type, flags, stream, payload });
      if (type === TYPE.settings && flags === 0) this.send(frame(TYPE.settings, FLAG.ack, 0));
      if (type === TYPE.data && length > 0 && this.opensWindow) {
        this.send(...[0, stream].map((of) => frame(TYPE.window, 0, of, number32(length))));
      }
    }
    this.#wake();
  }

  #end(how: string): void {
    this.ended ??= how;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
