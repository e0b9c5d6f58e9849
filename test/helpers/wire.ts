// A client that chooses its own address, sends any bytes, reads when asked to, and keeps what it
// got.
import { connect, type Socket } from "node:net";

interface End {
  readonly host: string;
  /** Of our own end: any, when not given. */
  readonly port?: number;
}

export class Wire implements Disposable {
  #parts: Buffer[] = [];
  #end: "eof" | "reset" | undefined;
  readonly ended: Promise<"eof" | "reset">;

  private constructor(readonly socket: Socket) {
    const { promise, resolve } = Promise.withResolvers<"eof" | "reset">();
    this.ended = promise;
    socket.on("data", (part: Buffer) => this.#parts.push(part));
    socket.on("end", () => (this.#end ??= "eof"));
    socket.on("error", () => (this.#end ??= "reset"));
    socket.on("close", () => resolve((this.#end ??= "eof")));
  }

  /** @param from our own end; the system chooses it when not given */
  static async open(to: { host: string; port: number }, from?: End): Promise<Wire> {
    const own = from === undefined ? {} : { localAddress: from.host, localPort: from.port ?? 0 };
    const socket = connect({ ...to, ...own });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("connect", () => resolve());
    socket.once("error", reject);
    await promise;
    return new Wire(socket);
  }

  get(path: string): this {
    return this.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString("latin1");
  }

  get length(): number {
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** The head of the first answer, as far as it has come. */
  get head(): string {
    let begin = "";
    for (const part of this.#parts) {
      begin += part.toString("latin1");
      const end = begin.indexOf("\r\n\r\n");
      if (end >= 0) return begin.slice(0, end + 4);
    }
    return begin;
  }

  /** Whether the only answer is complete, by the length in its head. */
  get isWhole(): boolean {
    const length = Number(/content-length: (\d+)/i.exec(this.head)?.[1]);
    return this.length === this.head.length + length;
  }

  /** Resolves when as much has come, or the connection has ended. */
  async until(isEnough: (wire: this) => boolean, timeoutMs = 10_000): Promise<this> {
    const untilMs = performance.now() + timeoutMs;
    while (!isEnough(this) && this.#end === undefined) {
      if (performance.now() > untilMs) {
        throw new Error(`only ${this.length} bytes: ${this.text.slice(0, 500)}`);
      }
      await Bun.sleep(5);
    }
    return this;
  }

  /** A GET request; only the start of its answer is read until `resume`. */
  async getAndPause(path: string): Promise<this> {
    this.socket.once("data", () => this.socket.pause());
    return this.get(path).until(({ length }) => length > 0);
  }

  resume(): void {
    this.socket.resume();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
