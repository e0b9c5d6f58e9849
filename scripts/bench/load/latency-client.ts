// The client of the latency measurement: a constant number of requests each second, whether or not
// earlier ones have been answered, most on connections that stay open and some on new ones. The
// time of a request runs from when it was due: one that had to wait for its turn counts in full.
import { percentile } from "../statistics.ts";
import { answerCalls } from "./calls.ts";
import { Connections } from "./connections.ts";

export interface Rate {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly requestsPerSecond: number;
  /** More requests, each on a connection of its own. */
  readonly freshPerSecond: number;
}

export interface Window {
  readonly sent: number;
  readonly p99Ms: number;
}

// A type alias: an interface could not stand for the record that LoadClient wants.
export type LatencyCalls = {
  start: { given: Rate; answer: null };
  /** All that is due in the next `ms` milliseconds. */
  sample: { given: { ms: number }; answer: Window };
  /** Ends the load. Lost are requests that got no answer, and connections that were refused. */
  stop: { given: null; answer: { answered: number; lost: number } };
};

interface OpenWindow {
  readonly startMs: number;
  readonly endMs: number;
  sent: number;
  readonly latencies: number[];
}

const TICK_MS = 1;
/** How long after a window its last answers may come; what has not come then took this long. */
const GRACE_MS = 500;
/** How long after the last request the last answer may come. */
const STOP_TIMEOUT_MS = 3_000;
const LOOK_MS = 10;

class Load {
  readonly #connections: Connections;
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #windows = new Set<OpenWindow>();
  #ticks = 0;
  #sent = 0;
  #fresh = 0;
  #answered = 0;

  constructor(readonly rate: Rate) {
    this.#connections = new Connections(rate, (dueMs) => this.#record(dueMs));
    this.#timer = setInterval(() => this.#catchUp(), TICK_MS);
  }

  async sample(ms: number): Promise<Window> {
    const startMs = performance.now();
    const window: OpenWindow = { startMs, endMs: startMs + ms, sent: 0, latencies: [] };
    this.#windows.add(window);
    await Bun.sleep(ms + GRACE_MS);
    this.#windows.delete(window);
    const unanswered = Math.max(0, window.sent - window.latencies.length);
    const longest = Array.from({ length: unanswered }, () => ms + GRACE_MS);
    return { sent: window.sent, p99Ms: percentile([...window.latencies, ...longest], 99) };
  }

  async stop(): Promise<{ answered: number; lost: number }> {
    clearInterval(this.#timer);
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while (this.#connections.waiting() > 0 && performance.now() < deadline) {
      await Bun.sleep(LOOK_MS);
    }
    this.#connections.stop();
    return { answered: this.#answered, lost: this.#connections.lost };
  }

  /** One step for each tick that has passed: the timer itself may come late. */
  #catchUp(): void {
    const now = performance.now();
    for (;;) {
      const dueMs = this.#startMs + this.#ticks * TICK_MS;
      if (dueMs > now) return;
      this.#ticks += 1;
      this.#sendDue(dueMs);
    }
  }

  #sendDue(dueMs: number): void {
    const { requestsPerSecond, freshPerSecond } = this.rate;
    const seconds = (this.#ticks * TICK_MS) / 1000;
    const before = this.#sent + this.#fresh;
    for (; this.#fresh < seconds * freshPerSecond; this.#fresh += 1) {
      this.#connections.sendOnNew(dueMs);
    }
    for (; this.#sent < seconds * requestsPerSecond; this.#sent += 1) {
      this.#connections.send(dueMs);
    }
    const sent = this.#sent + this.#fresh - before;
    for (const window of this.#windows) if (isIn(window, dueMs)) window.sent += sent;
  }

  #record(dueMs: number): void {
    this.#answered += 1;
    const latency = performance.now() - dueMs;
    for (const window of this.#windows) if (isIn(window, dueMs)) window.latencies.push(latency);
  }
}

function isIn(window: OpenWindow, dueMs: number): boolean {
  return dueMs >= window.startMs && dueMs < window.endMs;
}

let load: Load | undefined;

function current(): Load {
  if (load === undefined) throw new Error("no load has been started");
  return load;
}

answerCalls<LatencyCalls>({
  async start(rate) {
    load = new Load(rate);
    return null;
  },
  async sample({ ms }) {
    return current().sample(ms);
  },
  async stop() {
    return current().stop();
  },
});
