// The client of the saturation measurement: it asks again as soon as it has an answer, which names
// the version that gave it. Connections are kept, or made anew for each request.
import { percentile } from "../statistics.ts";
import { answerCalls } from "./calls.ts";
import { Connections } from "./connections.ts";

/** Whether a connection is used again. */
export type ConnectionUse = "kept" | "one request each";

/** As in `v0`. */
const VERSION_LENGTH = 2;

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

const WARM_UP_MS = 500;
/** After a loss, so that a server that is away does not make the client spin. */
const RETRY_MS = 1;

class Load {
  readonly #connections: Connections;
  readonly #latencies: number[] = [];
  readonly #firstHeardMs: Record<string, number> = {};
  #isCounting = false;

  constructor(readonly order: Order) {
    const { port, use, connections } = order;
    this.#connections = new Connections(
      { port, path: "/", connections: use === "kept" ? connections : 0 },
      (sentMs, last) => this.#onAnswer(sentMs, last),
      () => setTimeout(() => this.#ask(), RETRY_MS),
    );
    for (let count = 0; count < connections; count += 1) this.#ask();
  }

  async run(): Promise<Saturation> {
    await Bun.sleep(WARM_UP_MS);
    this.#isCounting = true;
    const startMs = performance.now();
    await Bun.sleep(this.order.ms);
    this.#isCounting = false;
    const seconds = (performance.now() - startMs) / 1000;
    const { lost } = this.#connections;
    this.#connections.stop();
    return {
      requestsPerSecond: this.#latencies.length / seconds,
      p50Ms: percentile(this.#latencies, 50),
      p99Ms: percentile(this.#latencies, 99),
      lost,
      firstHeardMs: this.#firstHeardMs,
    };
  }

  #ask(): void {
    const nowMs = performance.now();
    if (this.order.use === "kept") this.#connections.send(nowMs);
    else this.#connections.sendOnNew(nowMs);
  }

  /** @param last the last bytes of the answer, which name the version */
  #onAnswer(sentMs: number, last: Uint8Array): void {
    const nowMs = performance.now();
    if (this.#isCounting) this.#latencies.push(nowMs - sentMs);
    const version = String.fromCharCode(...last.subarray(-VERSION_LENGTH));
    this.#firstHeardMs[version] ??= performance.timeOrigin + nowMs;
    this.#ask();
  }
}

answerCalls<SaturationCalls>({
  saturate: (order) => new Load(order).run(),
});
