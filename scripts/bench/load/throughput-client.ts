// The client of the throughput measurement: asks as fast as the server answers, on connections that
// stay open and are spread evenly over the server's processes. All that it does for a response is
// to count its bytes.
import type { Socket } from "bun";
import { HOST, keepAliveLength, requestBytes } from "../http.ts";
import { connectionOwners, cpuMicros } from "../proc.ts";
import { answerCalls } from "./calls.ts";

interface Measurement {
  readonly port: number;
  readonly path: string;
  /** The processes that answer; their CPU time is what is counted. */
  readonly workers: readonly number[];
  readonly connections: number;
  readonly seconds: number;
}

export interface Throughput {
  readonly requestsPerSecond: number;
  /** CPU time of the server for one request. */
  readonly cpuMicrosPerRequest: number;
}

// A type alias: an interface could not stand for the record that LoadClient wants.
export type ThroughputCalls = { measure: { given: Measurement; answer: Throughput } };

interface State {
  received: number;
  /** Settles with the first response. */
  readonly first: PromiseWithResolvers<void>;
}

const WARM_UP_MS = 200;
/** How many times as many connections as wanted are tried before giving up on an even share. */
const MOST_TRIES = 20;
const STATUS_2XX = "2".charCodeAt(0);
const STATUS_OFFSET = "HTTP/1.1 ".length;

class Load {
  readonly #request: Uint8Array;
  #running = false;
  #responses = 0;
  #problem: string | undefined;

  constructor(
    readonly measurement: Measurement,
    readonly responseLength: number,
  ) {
    this.#request = requestBytes(measurement.path);
  }

  /** Opens a connection and has one request answered, so that some process has accepted it. */
  async #open(): Promise<Socket<State>> {
    const socket = await Bun.connect<State>({
      hostname: HOST,
      port: this.measurement.port,
      data: { received: 0, first: Promise.withResolvers() },
      socket: {
        binaryType: "uint8array",
        data: (connection, chunk) => this.#onData(connection, chunk),
        close: (connection) => this.#onClose(connection),
      },
    });
    socket.write(this.#request);
    await socket.data.first.promise;
    return socket;
  }

  /** Keeps an equal number of connections to each worker; the kernel spreads them by chance. */
  async openEvenly(): Promise<Socket<State>[]> {
    const { connections, workers, port } = this.measurement;
    const share = connections / workers.length;
    const kept = new Map(workers.map((pid) => [pid, [] as Socket<State>[]]));
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const opened = await Promise.all(Array.from({ length: connections }, () => this.#open()));
      const owners = connectionOwners(port, workers);
      for (const socket of opened) {
        const ofWorker = kept.get(owners.get(socket.localPort) ?? 0);
        if (ofWorker !== undefined && ofWorker.length < share) ofWorker.push(socket);
        else socket.end();
      }
      if ([...kept.values()].every((ofWorker) => ofWorker.length === share)) {
        return [...kept.values()].flat();
      }
    }
    throw new Error(`no even share of connections for each of ${workers.join(", ")}`);
  }

  async run(sockets: readonly Socket<State>[]): Promise<Throughput> {
    this.#running = true;
    for (const socket of sockets) socket.write(this.#request);
    await Bun.sleep(WARM_UP_MS);
    const before = this.#snapshot();
    await Bun.sleep(this.measurement.seconds * 1000);
    const after = this.#snapshot();
    this.#running = false;
    for (const socket of sockets) socket.end();
    if (this.#problem !== undefined) throw new Error(this.#problem);
    const requests = after.responses - before.responses;
    return {
      requestsPerSecond: (requests * 1000) / (after.atMs - before.atMs),
      cpuMicrosPerRequest: (after.cpuMicros - before.cpuMicros) / requests,
    };
  }

  #snapshot(): { atMs: number; responses: number; cpuMicros: number } {
    const cpu = this.measurement.workers.reduce((sum, pid) => sum + cpuMicros(pid), 0);
    return { atMs: performance.now(), responses: this.#responses, cpuMicros: cpu };
  }

  #onData(socket: Socket<State>, chunk: Uint8Array): void {
    const state = socket.data;
    if (state.received === 0 && chunk[STATUS_OFFSET] !== STATUS_2XX) {
      this.#problem = `unexpected answer: ${new TextDecoder().decode(chunk)}`;
    }
    state.received += chunk.length;
    if (state.received < this.responseLength) return;
    if (state.received > this.responseLength) this.#problem = "an answer of another length";
    state.received = 0;
    if (this.#running) {
      this.#responses += 1;
      socket.write(this.#request);
    } else {
      state.first.resolve();
    }
  }

  #onClose(socket: Socket<State>): void {
    if (this.#running) this.#problem = "the server closed a connection";
    socket.data.first.reject(new Error("the server closed a new connection"));
  }
}

answerCalls<ThroughputCalls>({
  async measure(measurement) {
    const { port, path } = measurement;
    const load = new Load(measurement, await keepAliveLength(port, path));
    return load.run(await load.openEvenly());
  },
});
