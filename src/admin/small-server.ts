// HTTP for few clients, such as a Prometheus or a command: one request a connection, without a body. The
// master must never be held up, or be out of descriptors, by whoever connects here and is slow or many.
// `Bun.serve` has no limit of connections, nor of the time that a client may take to read.
import { descriptorLimit } from "../net/shortage.ts";

/** What clients may take. */
export interface Limits {
  /** The most connections at a time. */
  readonly connections: number;
  /** How long a client may take to send its request. */
  readonly requestMs: number;
  /** How long a client may take nothing of its answer. */
  readonly readMs: number;
}

/** Where there are descriptors enough. */
const MOST_CONNECTIONS = 64;
/** One descriptor in so many may be such a connection's; the workers' come first. */
const SHARE_OF_DESCRIPTORS = 16;
const LEAST_CONNECTIONS = 4;
const REQUEST_MS = 5000;
const READ_MS = 10_000;
/** The limits of time are looked after this often. */
const SWEEP_MS = 250;
/** The longest head of a request. */
const MOST_HEAD_BYTES = 8192;

const HEAD_END = "\r\n\r\n";
const REQUEST_LINE = /^([A-Z]+) (?:http:\/\/[^/ ]+)?(\/\S*) HTTP\/1\.([01])$/;

export type Fetch = (request: Request) => Response | Promise<Response>;

export type Place =
  { readonly unix: string } | { readonly hostname: string; readonly port: number };

export interface SmallServer {
  /** Answers with `fetch` from now on. */
  use(fetch: Fetch): void;
  /** Accepts nobody any more. Resolves when all have been answered; `force`: closes who has not. */
  stop(force?: boolean): Promise<void>;
}

type Socket = Bun.Socket<Client>;

/** Listens. Throws where that is impossible. @param onError told of an error that a request has caused */
export function serveFew(
  place: Place,
  fetch: Fetch,
  onError: (error: unknown) => void,
  limits: Limits = usualLimits(),
): SmallServer {
  const clients = new Clients(fetch, onError, limits);
  const listener = Bun.listen<Client>({
    ...(place as { hostname: string; port: number }),
    // A client may have nothing more to say, and wait for the answer.
    allowHalfOpen: true,
    socket: {
      open: (socket) => clients.opened(socket),
      data: (socket, bytes) => void socket.data?.received(bytes),
      drain: (socket) => socket.data?.writable(),
      close: (socket) => clients.closed(socket),
      error: (socket) => void socket.terminate(),
      end: () => undefined,
    },
  });
  return {
    use: (next) => void (clients.fetch = next),
    async stop(force = false) {
      listener.stop();
      if (force) clients.terminate();
      await clients.untilNone();
    },
  };
}

class Clients {
  readonly #sockets = new Set<Socket>();
  #none = Promise.withResolvers<void>();
  #sweep: ReturnType<typeof setInterval> | undefined;

  constructor(
    public fetch: Fetch,
    readonly onError: (error: unknown) => void,
    readonly limits: Limits,
  ) {}

  opened(socket: Socket): void {
    socket.data = new Client(socket, this.limits, (request) => this.#answer(request));
    const isFull = this.#sockets.size >= this.limits.connections;
    if (isFull && !this.#endSilent()) return socket.data.refuse();
    this.#sockets.add(socket);
    this.#sweep ??= setInterval(() => this.#endSlow(), SWEEP_MS);
    this.#sweep.unref();
  }

  closed(socket: Socket): void {
    socket.data?.gone();
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#none.resolve();
    this.#none = Promise.withResolvers<void>();
  }

  terminate(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  async untilNone(): Promise<void> {
    if (this.#sockets.size > 0) await this.#none.promise;
  }

  /** Makes room: who has come first, and has not asked for anything, has had the longest time to. */
  #endSilent(): boolean {
    for (const socket of this.#sockets) {
      if (socket.data.isAnswered) continue;
      socket.terminate();
      this.#sockets.delete(socket);
      return true;
    }
    return false;
  }

  #endSlow(): void {
    const nowMs = performance.now();
    for (const socket of this.#sockets) if (socket.data.isLate(nowMs)) socket.terminate();
  }

  async #answer(request: Request): Promise<Response> {
    try {
      return await this.fetch(request);
    } catch (error) {
      this.onError(error);
      return new Response("Internal error\n", { status: 500 });
    }
  }
}

/** One connection: its request, then its answer, which is read by whoever asked as fast as he likes. */
class Client {
  #head = "";
  #deadlineMs: number;
  #isWritable = Promise.withResolvers<void>();
  readonly #abort = new AbortController();
  isAnswered = false;

  constructor(
    readonly socket: Socket,
    readonly limits: Limits,
    readonly answer: (request: Request) => Promise<Response>,
  ) {
    this.#deadlineMs = performance.now() + limits.requestMs;
  }

  /** There is no room: it is told at once, and not listened to. */
  refuse(): void {
    this.isAnswered = true;
    this.socket.end(`${statusLine(503)}\r\nconnection: close${HEAD_END}`);
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
      // It has gone away, or what it was to be told has broken off.
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

/** A request, or the status that says what is wrong with it. */
function readRequest(head: string, signal: AbortSignal): Request | number {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) return 400;
  try {
    const headers = new Headers();
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const length = headers.get("content-length") ?? "0";
    if (length !== "0" || headers.has("transfer-encoding")) return 413;
    return new Request(`http://pounce${target}`, { method, headers, signal });
  } catch {
    return 400;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`;
}

/** What the limit of descriptors leaves for clients. */
function usualLimits(): Limits {
  const soft = descriptorLimit()?.soft ?? Infinity;
  const share = Math.floor(soft / SHARE_OF_DESCRIPTORS);
  const connections = Math.max(LEAST_CONNECTIONS, Math.min(MOST_CONNECTIONS, share));
  return { connections, requestMs: REQUEST_MS, readMs: READ_MS };
}
