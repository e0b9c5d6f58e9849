// The client of the saturation measurement: each of its connections asks again as soon as it has
// an answer, which names the version that gave it. Connections are kept, or made anew for each
// request; one that the server has closed after an answer is replaced.
import type { Socket } from "bun";
import { HOST, parseReply, requestBytes } from "../http.ts";
import { percentile } from "../statistics.ts";
import { answerCalls } from "./calls.ts";

/** Whether a connection is used again. */
export type ConnectionUse = "kept" | "one request each";

interface Order {
  readonly port: number;
  readonly use: ConnectionUse;
  readonly connections: number;
  readonly ms: number;
}

export interface Saturation {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests without an answer, and connections that were refused. */
  readonly lost: number;
  /** When each version was first heard of, in milliseconds of the epoch. */
  readonly firstHeardMs: Readonly<Record<string, number>>;
}

// A type alias: an interface could not stand for the record that LoadClient wants.
export type SaturationCalls = { saturate: { given: Order; answer: Saturation } };

interface State {
  sentMs: number;
  text: string;
  isAsking: boolean;
}

const WARM_UP_MS = 500;
const RETRY_MS = 1;

class Load {
  readonly #request: Uint8Array;
  readonly #latencies: number[] = [];
  readonly #firstHeardMs: Record<string, number> = {};
  readonly #open = new Set<Socket<State>>();
  #lost = 0;
  #isCounting = false;
  #isOver = false;

  constructor(readonly order: Order) {
    this.#request = requestBytes("/", order.use === "kept" ? "" : "Connection: close\r\n");
    for (let count = 0; count < order.connections; count += 1) this.#connect();
  }

  async run(): Promise<Saturation> {
    await Bun.sleep(WARM_UP_MS);
    this.#isCounting = true;
    const startMs = performance.now();
    await Bun.sleep(this.order.ms);
    this.#isCounting = false;
    const seconds = (performance.now() - startMs) / 1000;
    this.#isOver = true;
    for (const socket of this.#open) socket.end();
    return {
      requestsPerSecond: this.#latencies.length / seconds,
      p50Ms: percentile(this.#latencies, 50),
      p99Ms: percentile(this.#latencies, 99),
      lost: this.#lost,
      firstHeardMs: this.#firstHeardMs,
    };
  }

  #connect(): void {
    if (this.#isOver) return;
    Bun.connect<State>({
      hostname: HOST,
      port: this.order.port,
      // With a connection for each request, its making is a part of what the client waits for.
      data: { sentMs: performance.now(), text: "", isAsking: true },
      socket: {
        open: (socket) => this.#onOpen(socket),
        data: (socket, chunk) => this.#onData(socket, chunk),
        close: (socket) => this.#onClose(socket),
        error: () => undefined,
        connectError: () => undefined,
      },
    }).catch(() => this.#onRefused());
  }

  #onOpen(socket: Socket<State>): void {
    this.#open.add(socket);
    socket.write(this.#request);
  }

  #onData(socket: Socket<State>, chunk: Uint8Array): void {
    const state = socket.data;
    state.text += Buffer.from(chunk).toString("latin1");
    const reply = parseReply(state.text);
    if (reply === undefined) return;
    const nowMs = performance.now();
    if (this.#isCounting) this.#latencies.push(nowMs - state.sentMs);
    this.#firstHeardMs[reply.body] ??= performance.timeOrigin + nowMs;
    state.text = "";
    state.isAsking = false;
    const isLast = this.order.use !== "kept" || /^connection: *close/im.test(reply.head);
    if (this.#isOver || isLast) return void socket.end();
    state.isAsking = true;
    state.sentMs = nowMs;
    socket.write(this.#request);
  }

  #onClose(socket: Socket<State>): void {
    this.#open.delete(socket);
    if (this.#isOver) return;
    if (socket.data.isAsking) this.#lost += 1;
    this.#connect();
  }

  #onRefused(): void {
    this.#lost += 1;
    setTimeout(() => this.#connect(), RETRY_MS);
  }
}

answerCalls<SaturationCalls>({
  saturate: (order) => new Load(order).run(),
});
