// The worker processes, and what they say: each message becomes an event of the control loop.
import type { Event } from "../core/events.ts";
import type { FromWorker, ToWorker } from "../ipc/messages.ts";
import type { Log } from "../log/logger.ts";
import { formatAddress } from "../net/address.ts";
import type { Listeners } from "./listeners.ts";
import type { Plans } from "./plans.ts";
import { type WorkerIdentity, WorkerProcess } from "./worker-process.ts";

type Message<T extends FromWorker["type"]> = Extract<FromWorker, { readonly type: T }>;

interface Entry {
  readonly generation: number;
  readonly process: WorkerProcess;
}

export class Workers {
  readonly #entries = new Map<number, Entry>();

  constructor(
    readonly plans: Plans,
    readonly listeners: Listeners,
    readonly log: Log,
    readonly dispatch: (event: Event) => void,
  ) {}

  /** Spawns a worker and tells it what to load. One that cannot be spawned has exited at once. */
  spawn(identity: WorkerIdentity): void {
    const { worker, generation } = identity;
    const { config, app, folder } = this.plans.of(generation);
    try {
      const process = new WorkerProcess(identity, folder, {
        onMessage: (message) => this.#receive(worker, message),
        onExit: (how) => this.#exited(worker, how),
      });
      this.#entries.set(worker, { generation, process });
      process.send({
        type: "load",
        app,
        worker,
        generation,
        startupTimeoutMs: config.startupTimeoutMs,
        shutdownTimeoutMs: config.shutdownTimeoutMs,
        keepAliveTimeoutMs: config.keepAliveTimeoutMs,
        healthCheckPath: config.healthCheckPath,
        master: globalThis.process.pid,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.dispatch({ type: "worker-exited", worker, how: `it could not be spawned: ${reason}` });
    }
  }

  /** Grants the bind lock. */
  bind(worker: number): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    entry.process.send({ type: "bind", addresses: this.plans.addressesOf(entry.generation) });
  }

  send(worker: number, message: ToWorker): void {
    this.#entries.get(worker)?.process.send(message);
  }

  sendAll(message: ToWorker): void {
    for (const { process } of this.#entries.values()) process.send(message);
  }

  kill(worker: number): void {
    this.#entries.get(worker)?.process.kill();
  }

  #receive(worker: number, message: FromWorker): void {
    switch (message.type) {
      case "started":
      case "ready":
      case "idle":
        return this.dispatch({ type: `worker-${message.type}`, worker });
      case "loaded":
        return this.#loaded(worker, message);
      case "bound":
        return this.#bound(worker, message);
      case "failed":
        return this.dispatch({ type: "worker-failed", worker, reason: message.reason });
      case "released":
        return this.dispatch({ type: "listener-released", worker, address: message.address });
      case "forced":
        return this.dispatch({ type: "worker-forced", worker, unfinished: message.unfinished });
      default:
        message satisfies never;
    }
  }

  #loaded(worker: number, { file, notes }: Message<"loaded">): void {
    const generation = this.#entries.get(worker)?.generation;
    if (generation === undefined) return;
    if (this.plans.noteLoaded(generation, file)) {
      for (const note of notes) this.log("warn", "app-note", note);
    }
    this.dispatch({ type: "worker-loaded", worker });
  }

  #bound(worker: number, { addresses }: Message<"bound">): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    this.plans.noteBound(entry.generation, addresses);
    const isFirst = this.listeners.addresses.length === 0;
    const names = addresses.map((address) => formatAddress(address));
    for (const name of names) {
      const descriptor = entry.process.takeListener();
      if (descriptor === undefined) throw new Error(`worker ${worker} sent no listener`);
      this.listeners.add(name, worker, descriptor);
    }
    const problem = isFirst ? this.listeners.steeringProblem(names[0] ?? "") : undefined;
    if (problem !== undefined) this.dispatch({ type: "steering-refused", reason: problem });
    this.dispatch({ type: "worker-bound", worker, addresses: names });
  }

  #exited(worker: number, how: string): void {
    this.#entries.get(worker)?.process.dispose();
    this.#entries.delete(worker);
    this.dispatch({ type: "worker-exited", worker, how });
  }
}
