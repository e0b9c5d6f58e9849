// Those who ask: as many processes as a server has workers. With a single one, the processors would
// not be busy all the time, and what a server costs would be hidden in their pauses.
import { LoadClient } from "../load/calls.ts";
import { Histogram, percentileMs } from "../../../src/prove/load/histogram.ts";
import type { Answered, ConnectionUse, SliceCalls } from "../load/slice-client.ts";
import { CONNECTIONS } from "../measure.ts";
import { cpuMicros } from "../proc.ts";
import { WORKERS } from "../servers.ts";

interface Heard {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
  /** When a version was first heard of, in the milliseconds of `machineMs`; NaN if never. */
  firstHeardMs(version: string): number;
}

export class Clients {
  readonly #clients = Array.from(
    { length: WORKERS },
    () => new LoadClient<SliceCalls>("slice-client.ts"),
  );

  /** The CPU time that the clients have had. */
  cpuMicros(): number {
    return this.#clients.reduce((sum, { pid }) => sum + cpuMicros(pid), 0);
  }

  async open(port: number, use: ConnectionUse = "kept", count = CONNECTIONS): Promise<void> {
    const opening = { port, use, connections: count / this.#clients.length };
    await Promise.all(this.#clients.map((client) => client.call("open", opening)));
  }

  /** From now on, connections that the server closes stay closed. */
  async hold(port: number): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.call("hold", { port })));
  }

  /** How many connections are open. */
  async count(port: number): Promise<number> {
    const counts = this.#clients.map((client) => client.call("count", { port }));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async slice(port: number, ms: number): Promise<Heard> {
    const given = { port, ms };
    const all = await Promise.all(this.#clients.map((client) => client.call("slice", given)));
    const histograms = all.map(({ latencies }) => new Histogram(latencies));
    const sum = (of: (answered: Answered) => number): number =>
      all.reduce((total, answered) => total + of(answered), 0);
    return {
      requests: sum(({ requests }) => requests),
      requestsPerSecond: sum((answered) => (answered.requests * 1000) / answered.ms),
      p50Ms: percentileMs(histograms, 50),
      p99Ms: percentileMs(histograms, 99),
      lost: sum(({ lost }) => lost),
      firstHeardMs: (version) => {
        const times = all.flatMap(({ firstHeardMs }) => firstHeardMs[version] ?? []);
        return times.length > 0 ? Math.min(...times) : Number.NaN;
      },
    };
  }

  async close(port: number): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.call("close", { port })));
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
  }
}
