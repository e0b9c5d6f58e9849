// A client of a WebSocket that sends bytes as a test wants them, and gives each frame that comes.
import { connect, type Socket } from "node:net";
import { once } from "node:events";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export interface Received {
  readonly opcode: number;
  readonly text: string;
}

const MASK = Buffer.from([1, 2, 3, 4]);
const FIN = 0x80;

/** A frame of a client. @param isLast left out: it is not followed by more of the same message */
export function clientFrame(opcode: number, payload: string | Buffer, isLast = true): Buffer {
  const bytes = Buffer.from(payload as string);
  const head = Buffer.alloc(bytes.length < 126 ? 2 : bytes.length < 65_536 ? 4 : 10);
  head[0] = (isLast ? FIN : 0) | opcode;
  if (head.length === 2) {
    head[1] = 0x80 | bytes.length;
  } else if (head.length === 4) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(bytes.length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(bytes.length), 2);
  }
  const masked = bytes.map((byte, at) => byte ^ (MASK[at & 3] as number));
  return Buffer.concat([head, MASK, masked]);
}

export class RawWebSocket implements AsyncDisposable {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  readonly #frames: Received[] = [];
  #wake = Promise.withResolvers<void>();
  #isEnded = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("close", () => {
      this.#isEnded = true;
      this.#wake.resolve();
    });
  }

  /** Resolves once the answer has come. Rejects if not upgraded. `first` comes with the request. */
  static async open(
    {
      port,
      path = "/",
      first = Buffer.alloc(0),
    }: { readonly port: number; readonly path?: string; readonly first?: Buffer },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawWebSocket> {
    const socket = connect({ port, host: "127.0.0.1" });
    const all = {
      Host: `127.0.0.1:${port}`,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
    socket.write(Buffer.concat([Buffer.from(request, "latin1"), first]));
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const [bytes] = (await once(socket, "data")) as [Buffer];
      head += bytes.toString("latin1");
    }
    if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(head);
    const client = new RawWebSocket(socket);
    client.#take(Buffer.from(head.slice(head.indexOf("\r\n\r\n") + 4), "latin1"));
    return client;
  }

  /** The client's port. */
  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  send(text: string): void {
    this.write(clientFrame(TEXT, text));
  }

  /** The next frame. Rejects if the connection ends without one. */
  async next(): Promise<Received> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.#isEnded) throw new Error("the connection has ended");
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
      if (this.#isEnded) this.#wake.resolve();
    }
  }

  /** The next frame must be a message: its text. */
  async text(): Promise<string> {
    const { opcode, text } = await this.next();
    if (opcode !== TEXT) throw new Error(`a frame with opcode ${opcode}: ${text}`);
    return text;
  }

  /** The next frame must close the connection: its code. It is answered. */
  async closeCode(): Promise<number> {
    for (;;) {
      const { opcode, text } = await this.next();
      if (opcode !== CLOSE) continue;
      const bytes = Buffer.from(text, "latin1");
      this.write(clientFrame(CLOSE, bytes));
      return bytes.readUInt16BE(0);
    }
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const [first = 0, short = 0] = this.#bytes;
      const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#bytes.length < headLength) return;
      let length = short;
      if (short === 126) length = this.#bytes.readUInt16BE(2);
      if (short === 127) length = Number(this.#bytes.readBigUInt64BE(2));
      if (this.#bytes.length < headLength + length) return;
      const payload = this.#bytes.subarray(headLength, headLength + length);
      const opcode = first & 0x0f;
      const text = payload.toString(opcode === TEXT ? "utf8" : "latin1");
      this.#frames.push({ opcode, text });
      this.#bytes = this.#bytes.subarray(headLength + length);
      this.#wake.resolve();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnded) return;
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }
}
