// The client of the measurement under load. It keeps connections to several servers at once, and
// loads one of them for a slice of time: each connection asks again as soon as it has its answer.
// Which version of the app answers is the last character of an answer.
import { machineMs } from "../../../src/os/clock.ts";
import { answerCalls } from "./calls.ts";
import { Connections } from "./connections.ts";
import { Histogram } from "../../../src/prove/load/histogram.ts";

/** Whether a connection is used again. */
export type ConnectionUse = "kept" | "one request each";

interface Opening {
  readonly port: number;
  /** How many ask at a time. */
  readonly connections: number;
  readonly use: ConnectionUse;
}

export interface Answered {
  readonly requests: number;
  /** How long the slice has really been. */
  readonly ms: number;
  /** The steps of a histogram of response times. */
  readonly latencies: Readonly<Record<number, number>>;
  /** Requests without an answer, and connections that were refused. */
  readonly lost: number;
  /** When each version was first heard of, in the milliseconds of `machineMs`. */
  readonly firstHeardMs: Readonly<Record<string, number>>;
}

// A type alias: an interface could not stand for the record that LoadClient wants.
export type SliceCalls = {
  open: { given: Opening; answer: null };
  slice: { given: { port: number; ms: number }; answer: Answered };
  /** From now on, connections that the server closes stay closed. All have been answered. */
  hold: { given: { port: number }; answer: null };
  count: { given: { port: number }; answer: number };
  close: { given: { port: number }; answer: null };
};

/** After a loss, so that a server that is away does not make the client spin. */
const RETRY_MS = 1;
/** So many that no server's queue of new connections overflows. */
const BATCH = 100;
const LOOK_MS = 2;
const OPEN_TIMEOUT_MS = 30_000;
/** For the answers to the last requests of a slice. */
const REST_MS = 10;

class Target {
  readonly connections: Connections;
  readonly #firstHeardMs: Record<string, number> = {};
  #latencies = new Histogram();
  #requests = 0;
  #lastByte = 0;
  #isAsking = false;

  constructor(readonly opening: Opening) {
    this.connections = new Connections(
      { port: opening.port, path: "/", connections: 0 },
      (sentMs, last) => this.#onAnswer(sentMs, last),
      () => setTimeout(() => this.#ask(), RETRY_MS),
    );
  }

  async open(): Promise<void> {
    const wanted = this.opening.use === "kept" ? this.opening.connections : 0;
    for (let asked = 0; asked < wanted; asked += BATCH) {
      this.connections.grow(Math.min(BATCH, wanted - asked));
      await until(() => this.connections.openCount >= Math.min(wanted, asked + BATCH));
    }
  }

  async hold(): Promise<void> {
    await until(() => this.connections.waiting() === 0);
    this.connections.isRefilled = false;
  }

  async slice(ms: number): Promise<Answered> {
    const { lost } = this.connections;
    this.#latencies = new Histogram();
    this.#requests = 0;
    this.#isAsking = true;
    const startMs = performance.now();
    for (let number = 0; number < this.opening.connections; number += 1) this.#ask();
    await Bun.sleep(ms);
    this.#isAsking = false;
    const answered = { requests: this.#requests, ms: performance.now() - startMs };
    const latencies = this.#latencies.toJSON();
    await Bun.sleep(REST_MS);
    const firstHeardMs = { ...this.#firstHeardMs };
    return { ...answered, latencies, lost: this.connections.lost - lost, firstHeardMs };
  }

  #ask(): void {
    if (!this.#isAsking) return;
    const nowMs = performance.now();
    if (this.opening.use === "kept") this.connections.send(nowMs);
    else this.connections.sendOnNew(nowMs);
  }

  #onAnswer(sentMs: number, last: Uint8Array): void {
    if (this.#isAsking) {
      this.#requests += 1;
      this.#latencies.add(performance.now() - sentMs);
    }
    const byte = last[last.length - 1] ?? 0;
    if (byte !== this.#lastByte) this.#hear(byte);
    this.#ask();
  }

  #hear(byte: number): void {
    this.#lastByte = byte;
    this.#firstHeardMs[String.fromCharCode(byte)] ??= machineMs();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("the server did not take all connections");
    await Bun.sleep(LOOK_MS);
  }
}

const targets = new Map<number, Target>();

function target(port: number): Target {
  const found = targets.get(port);
  if (found === undefined) throw new Error(`no connections to port ${port}`);
  return found;
}

answerCalls<SliceCalls>({
  async open(opening) {
    const opened = new Target(opening);
    targets.set(opening.port, opened);
    await opened.open();
    return null;
  },
  async hold({ port }) {
    await target(port).hold();
    return null;
  },
  count: async ({ port }) => target(port).connections.openCount,
  slice: ({ port, ms }) => target(port).slice(ms),
  async close({ port }) {
    target(port).connections.stop();
    targets.delete(port);
    return null;
  },
});
