// One connection of the small server: its request, then its answer, sent as fast as the client
// reads, within the limits.
import { HEAD_END, MOST_HEAD_BYTES, readRequest, statusLine } from "./small-http.ts";

/** What clients may take. */
export interface Limits {
  /** The most connections at a time. */
  readonly connections: number;
  /** How long a client that has just connected does not count as silent. */
  readonly freshMs: number;
  /** How long a client may take to send its request. */
  readonly requestMs: number;
  /** How long a client may take nothing of its answer. */
  readonly readMs: number;
}

export type SmallSocket = Bun.Socket<SmallClient>;

export class SmallClient {
  #head = "";
  #deadlineMs: number;
  #isWritable = Promise.withResolvers<void>();
  readonly #abort = new AbortController();
  readonly #sinceMs = performance.now();
  isAnswered = false;

  constructor(
    readonly socket: SmallSocket,
    readonly limits: Limits,
    readonly answer: (request: Request) => Promise<Response>,
  ) {
    this.#deadlineMs = performance.now() + limits.requestMs;
  }

  /** There is no room: the client hears so at once, and its request is not read. */
  refuse(): void {
    this.isAnswered = true;
    this.socket.end(`${statusLine(503)}\r\nconnection: close${HEAD_END}`);
  }

  get ageMs(): number {
    return performance.now() - this.#sinceMs;
  }

  isLate(nowMs: number): boolean {
    return nowMs > this.#deadlineMs;
  }

  gone(): void {
    this.#abort.abort();
    this.#isWritable.resolve();
  }

  writable(): void {
    this.#isWritable.resolve();
    this.#isWritable = Promise.withResolvers<void>();
  }

  /** Never throws. */
  async received(bytes: Uint8Array): Promise<void> {
    if (this.isAnswered) return;
    this.#head += Buffer.from(bytes).toString("latin1");
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0 && this.#head.length <= MOST_HEAD_BYTES) return;
    this.isAnswered = true;
    // A reload may take any time.
    this.#deadlineMs = Infinity;
    const request = end < 0 ? 431 : readRequest(this.#head.slice(0, end), this.#abort.signal);
    const isRefused = typeof request === "number";
    const response = isRefused ? new Response(null, { status: request }) : this.answer(request);
    const isOld = this.#head.slice(0, end).split("\r\n", 1)[0]?.endsWith("1.0") === true;
    try {
      await this.#send(await response, isOld);
    } catch {
      // The client has gone away, or what it was to read has broken off.
      this.socket.terminate();
    }
  }

  async #send(response: Response, isOld: boolean): Promise<void> {
    const { status, headers, body } = response;
    const lines = [statusLine(status)];
    for (const [name, value] of headers) lines.push(`${name}: ${value}`);
    const isChunked = body !== null && !isOld;
    lines.push("connection: close");
    lines.push(...(isChunked ? ["transfer-encoding: chunked"] : []));
    if (body === null) lines.push("content-length: 0");
    await this.#write(Buffer.from(lines.join("\r\n") + HEAD_END));
    if (body !== null) await this.#sendBody(body, isChunked);
    this.socket.end();
    this.#deadlineMs = performance.now() + this.limits.readMs;
  }

  async #sendBody(body: ReadableStream<Uint8Array>, isChunked: boolean): Promise<void> {
    const reader = body.getReader();
    this.#abort.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const bytes = Buffer.from(next.value);
      if (bytes.length === 0) continue;
      if (isChunked) await this.#write(Buffer.from(`${bytes.length.toString(16)}\r\n`));
      await this.#write(bytes);
      if (isChunked) await this.#write(Buffer.from("\r\n"));
    }
    if (isChunked) await this.#write(Buffer.from("0\r\n\r\n"));
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      if (this.#abort.signal.aborted) throw new Error("it has gone away");
      const { promise } = this.#isWritable;
      const written = this.socket.write(rest);
      if (written > 0) rest = rest.subarray(written);
      if (rest.length === 0) break;
      this.#deadlineMs = performance.now() + this.limits.readMs;
      await promise;
    }
    this.#deadlineMs = Infinity;
  }
}
