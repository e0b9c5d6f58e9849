// The client of the measurement of transports: asks as fast as the server answers, on connections
// that stay open and are spread evenly over the server's processes, or on a new one each time.
import { connectionOwners, cpuMicros } from "../proc.ts";
import { answerCalls } from "./calls.ts";
import type { Throughput } from "./throughput-client.ts";
import { type Place, type Protocol, Wire } from "./wire.ts";

interface Measurement {
  readonly place: Place;
  readonly protocol: Protocol;
  /** Whether a connection is used again. */
  readonly use: "kept" | "one request each";
  /** The processes that answer; their CPU time is what is counted. */
  readonly workers: readonly number[];
  readonly connections: number;
  /** Requests at the same time on a connection. */
  readonly lanes: number;
  readonly seconds: number;
}

// A type alias: an interface could not stand for the record that LoadClient wants.
export type TransportCalls = { measure: { given: Measurement; answer: Throughput } };

const WARM_UP_MS = 200;
/** How many times as many connections as wanted are tried before giving up on an even share. */
const MOST_TRIES = 20;

class Load {
  #isRunning = false;
  #answers = 0;
  #problem: string | undefined;
  /** Wires that wait for their first answer. */
  readonly #first = new Map<Wire, () => void>();

  constructor(readonly measurement: Measurement) {}

  async run(): Promise<Throughput> {
    const { use } = this.measurement;
    const ending = use === "kept" ? await this.#runKept() : this.#runNew();
    await Bun.sleep(WARM_UP_MS);
    const before = this.#snapshot();
    await Bun.sleep(this.measurement.seconds * 1000);
    const after = this.#snapshot();
    this.#isRunning = false;
    await ending();
    if (this.#problem !== undefined) throw new Error(this.#problem);
    const requests = after.answers - before.answers;
    return {
      requestsPerSecond: (requests * 1000) / (after.atMs - before.atMs),
      cpuMicrosPerRequest: (after.cpuMicros - before.cpuMicros) / requests,
    };
  }

  /** Begins. Returns what ends it. */
  async #runKept(): Promise<() => Promise<void>> {
    const wires = await this.#openEvenly();
    this.#isRunning = true;
    for (const wire of wires) wire.ask(this.measurement.lanes);
    return async () => {
      for (const wire of wires) wire.end();
    };
  }

  #runNew(): () => Promise<void> {
    this.#isRunning = true;
    const loops = Array.from({ length: this.measurement.connections }, async () => {
      while (this.#isRunning && this.#problem === undefined) {
        (await this.#open()).end();
        this.#answers += 1;
      }
    });
    const all = Promise.all(loops).catch((error: unknown) => this.#onLost(String(error)));
    return async () => void (await all);
  }

  /** Opens a connection and has one request answered, so that some process has accepted it. */
  async #open(): Promise<Wire> {
    const { place, protocol } = this.measurement;
    const wire = await Wire.open(
      place,
      protocol,
      (it, count) => this.#onAnswers(it, count),
      (problem) => this.#onLost(problem),
    );
    const answered = new Promise<void>((resolve) => this.#first.set(wire, resolve));
    wire.ask();
    await answered;
    return wire;
  }

  /** Keeps an equal number of connections to each worker; the kernel spreads them by chance. */
  async #openEvenly(): Promise<Wire[]> {
    const { connections, workers, place } = this.measurement;
    const openAll = (): Promise<Wire[]> =>
      Promise.all(Array.from({ length: connections }, () => this.#open()));
    // There is one process at a path.
    if ("path" in place) return openAll();
    const share = connections / workers.length;
    const kept = new Map(workers.map((pid) => [pid, [] as Wire[]]));
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const opened = await openAll();
      const owners = connectionOwners(place.port, workers);
      for (const wire of opened) {
        const ofWorker = kept.get(owners.get(wire.localPort) ?? 0);
        if (ofWorker !== undefined && ofWorker.length < share) ofWorker.push(wire);
        else wire.end();
      }
      const all = [...kept.values()];
      if (all.every((ofWorker) => ofWorker.length === share)) return all.flat();
    }
    throw new Error(`no even share of connections for each of ${workers.join(", ")}`);
  }

  #onAnswers(wire: Wire, count: number): void {
    const first = this.#first.get(wire);
    if (first !== undefined) {
      this.#first.delete(wire);
      first();
      return;
    }
    if (!this.#isRunning) return;
    this.#answers += count;
    wire.ask(count);
  }

  #onLost(problem: string): void {
    if (this.#isRunning || this.#first.size > 0) this.#problem ??= problem;
    for (const resolve of this.#first.values()) resolve();
    this.#first.clear();
  }

  #snapshot(): { atMs: number; answers: number; cpuMicros: number } {
    const cpu = this.measurement.workers.reduce((sum, pid) => sum + cpuMicros(pid), 0);
    return { atMs: performance.now(), answers: this.#answers, cpuMicros: cpu };
  }
}

answerCalls<TransportCalls>({ measure: (measurement) => new Load(measurement).run() });
