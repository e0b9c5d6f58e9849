// The worker processes and their messages: each message becomes an event of the control loop.
import type { ProcessInfo } from "../reports/status.ts";
import type { EffectOf } from "../../core/effects.ts";
import type { Event } from "../../core/events.ts";
import { message as words } from "../../core/messages.ts";
import type { FromWorker, ToWorker, WorkerReport } from "../../ipc/messages.ts";
import type { Log } from "../../log/logger.ts";
import type { LogEntry } from "../../log/format.ts";
import { type Address, formatAddress } from "../../net/address.ts";
import { explain } from "../../os/shortage.ts";
import type { Listeners } from "./listeners.ts";
import { loadMessage } from "../plan/load-message.ts";
import type { CounterPages } from "../reports/counter-pages.ts";
import type { Plans } from "../plan/plans.ts";
import { outputEntries } from "./output-entries.ts";
import type { DrainReport } from "../reports/receipts.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import type { Surroundings } from "../surroundings.ts";

const NOTHING_FORCED = { idleClosed: 0, forcedConnections: 0, forcedRequests: [] };

type Message<T extends FromWorker["type"]> = Extract<FromWorker, { readonly type: T }>;

interface Entry {
  readonly generation: number;
  readonly process: WorkerHandle;
  readonly startedMs: number;
  /** What it was asked to bind, and has not answered. */
  asked: readonly Address[] | undefined;
}

/** What workers report that no decision depends on. */
interface WorkerObserver {
  onDrained(worker: number, generation: number, report: DrainReport): void;
  onReport(worker: number, id: number, report: WorkerReport): void;
  /** The app has thrown outside a request this many times. */
  onUncaught(times: number): void;
  /** Log entries of workers. Resolves when more can be taken. */
  onEntries(entries: readonly LogEntry[]): Promise<void>;
}

/** Another master that decides about these workers. */
interface Relay {
  onMessage(worker: number, message: FromWorker): void;
  onExit(worker: number, how: string): void;
  /** The last one has ended. */
  onEmpty(): void;
}

export class Workers {
  readonly #entries = new Map<number, Entry>();
  #relay: Relay | undefined;

  constructor(
    readonly surroundings: Surroundings,
    readonly plans: Plans,
    readonly listeners: Listeners,
    readonly pages: CounterPages,
    readonly log: Log,
    readonly dispatch: (event: Event) => void,
    readonly observer: WorkerObserver,
  ) {}

  get #date(): Date {
    return this.surroundings.clock.date();
  }

  /** The present processes, by worker. */
  get processes(): Map<number, ProcessInfo> {
    return new Map(
      [...this.#entries].map(([worker, { process, startedMs }]) => [
        worker,
        { pid: process.pid, startedMs },
      ]),
    );
  }

  has(worker: number): boolean {
    return this.#entries.has(worker);
  }

  /** Adds a worker of the previous master. */
  adopt(worker: number, generation: number, process: WorkerHandle): void {
    this.#enter(worker, generation, process);
  }

  #enter(worker: number, generation: number, process: WorkerHandle): void {
    const startedMs = this.surroundings.clock.now();
    this.#entries.set(worker, {
      generation,
      process,
      startedMs,
      asked: undefined,
    });
  }

  /** From now on relays what workers say. */
  relay(relay: Relay): void {
    this.#relay = relay;
    if (this.#entries.size === 0) relay.onEmpty();
  }

  hasProcess(pid: number): boolean {
    return [...this.#entries.values()].some(({ process }) => process.pid === pid);
  }

  /**
   * Spawns a worker and tells it what to load. If it cannot be spawned, that counts as its exit.
   */
  spawn(identity: EffectOf<"spawn">): void {
    const { worker, generation, slot } = identity;
    try {
      const plan = this.plans.of(generation);
      const page = this.pages.add(worker);
      const executable = this.plans.executables.of(generation);
      const process = this.surroundings.spawnWorker(
        identity,
        { plan, executable, page },
        {
          onMessage: (message) => this.receive(worker, message),
          onBroken: (what) => this.#broken(worker, what),
          onExit: (how) => this.exited(worker, how),
          onOutput: plan.config.log.capture
            ? (stream, pieces) =>
                this.observer.onEntries(outputEntries(identity, stream, pieces, this.#date))
            : undefined,
        },
      );
      this.#enter(worker, generation, process);
      process.send(loadMessage(plan, identity, this.pages.fileOf(worker)));
      const { pid } = process;
      const about = { worker, generation, slot, pid };
      this.log("debug", "worker-spawned", words.spawned(worker, generation, pid), about);
      if (identity.healthIsDraining === true) process.send({ type: "health", draining: true });
    } catch (error) {
      this.kill(worker);
      this.pages.retire(worker);
      const how = `it could not be spawned: ${explain(error)}`;
      this.dispatch({ type: "worker-exited", worker, how });
    }
  }

  /** Grants the bind lock. */
  bind(worker: number): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    const addresses = this.plans.addressesOf(entry.generation);
    entry.asked = addresses;
    entry.process.send({ type: "bind", addresses });
  }

  send(worker: number, message: ToWorker): void {
    this.#entries.get(worker)?.process.send(message);
  }

  /** A message from another master to a worker that it decides about. */
  passOn(worker: number, message: ToWorker): void {
    if (this.#relay !== undefined) this.send(worker, message);
  }

  sendAll(message: ToWorker): void {
    for (const { process } of this.#entries.values()) process.send(message);
  }

  kill(worker: number): void {
    this.#entries.get(worker)?.process.kill();
  }

  /** A worker says something. */
  receive(worker: number, message: FromWorker): void {
    if (this.#relay !== undefined) return this.#relay.onMessage(worker, message);
    switch (message.type) {
      case "started":
        return this.dispatch({
          type: "worker-started",
          worker,
          version: message.version,
          executable: this.plans.executables.path,
        });
      case "ready":
        return this.#ready(worker);
      case "uncaught":
        this.observer.onUncaught(message.times);
        return this.dispatch({ type: "worker-uncaught", worker, error: message.error });
      case "idle":
        this.#noteDrained(worker, { ...NOTHING_FORCED, served: message.served });
        return this.dispatch({
          type: "worker-idle",
          worker,
          needsTime: message.needsTime === true,
        });
      case "loaded":
        return this.#loaded(worker, message);
      case "bound":
        return this.#bound(worker, message);
      case "failed":
        return this.dispatch({ type: "worker-failed", worker, reason: message.reason });
      case "released":
        return this.dispatch({ type: "listener-released", worker, address: message.address });
      case "forced":
        return this.#forced(worker, message);
      case "log":
        return void this.observer.onEntries([{ ...message.entry, time: this.#date }]);
      case "report":
        return this.observer.onReport(worker, message.id, message.report);
      default:
        message satisfies never;
    }
  }

  #noteDrained(worker: number, report: DrainReport): void {
    const generation = this.#entries.get(worker)?.generation;
    if (generation !== undefined) this.observer.onDrained(worker, generation, report);
  }

  #forced(worker: number, { unfinished, served, ...forced }: Message<"forced">): void {
    const busy = forced.connections ?? unfinished.inFlight;
    const forcedConnections = Math.min(busy, unfinished.connections);
    const idleClosed = unfinished.connections - forcedConnections;
    const forcedRequests = forced.requests;
    this.#noteDrained(worker, { served, idleClosed, forcedConnections, forcedRequests });
    this.dispatch({ type: "worker-forced", worker, unfinished });
  }

  #loaded(worker: number, { file, notes, ownHono }: Message<"loaded">): void {
    const generation = this.#entries.get(worker)?.generation;
    if (generation === undefined) return;
    this.plans.noteLoaded(generation, file, ownHono);
    this.dispatch({ type: "worker-loaded", worker, notes });
  }

  #bound(worker: number, { addresses }: Message<"bound">): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    const { asked = [], process, generation } = entry;
    entry.asked = undefined;
    const names = addresses.map((address) => formatAddress(address));
    if (!isAnswer(asked, addresses) || this.listeners.has(worker)) {
      return this.dispatch({ type: "worker-bound", worker, addresses: [] });
    }
    const { passesDescriptors } = this.surroundings.system;
    const taken = passesDescriptors ? this.#takeListeners(process, names.length) : [];
    if (taken === undefined) {
      const reason = words.noListener(worker, generation);
      return this.dispatch({ type: "worker-failed", worker, reason });
    }
    this.plans.noteBound(generation, addresses);
    const isFirst = this.listeners.addresses.length === 0;
    names.forEach((name, at) => this.listeners.add(name, worker, taken[at]));
    const problem = isFirst ? this.listeners.steeringProblem(names[0] ?? "") : undefined;
    if (problem !== undefined) this.dispatch({ type: "steering-refused", reason: problem });
    this.dispatch({ type: "worker-bound", worker, addresses: names });
  }

  /**
   * As many listeners as a worker says that it has; if there are fewer, keeps none and returns
   * `undefined`.
   */
  #takeListeners(process: WorkerHandle, count: number): number[] | undefined {
    const taken: number[] = [];
    while (taken.length < count) {
      const descriptor = process.takeListener();
      if (descriptor === undefined) break;
      taken.push(descriptor);
    }
    if (taken.length === count && count > 0) return taken;
    for (const descriptor of taken) this.surroundings.sockets.close(descriptor);
    return undefined;
  }

  #ready(worker: number): void {
    const generation = this.#entries.get(worker)?.generation ?? 0;
    const about = { worker, generation };
    this.log("debug", "worker-ready", words.ready(worker, generation), about);
    this.dispatch({ type: "worker-ready", worker });
  }

  /** A worker sends something that is not a message, or has closed its channel. */
  #broken(worker: number, what: string): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    if (this.#relay !== undefined) return;
    const reason = words.broken(worker, entry.generation, what);
    this.dispatch({ type: "worker-failed", worker, reason });
  }

  /** A worker has ended. */
  exited(worker: number, how: string): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    entry.process.dispose();
    this.pages.retire(worker);
    if (this.#relay !== undefined) return this.#passExit(this.#relay, worker, how);
    const { generation } = entry;
    const about = { worker, generation, how };
    this.log("debug", "worker-exited", words.exited(worker, generation, how), about);
    this.#entries.delete(worker);
    this.dispatch({ type: "worker-exited", worker, how });
  }

  #passExit(relay: Relay, worker: number, how: string): void {
    this.#entries.delete(worker);
    relay.onExit(worker, how);
    if (this.#entries.size === 0) relay.onEmpty();
  }
}

/** Whether these are the addresses that were requested; port 0 matches any. */
function isAnswer(asked: readonly Address[], bound: readonly Address[]): boolean {
  const isBound = ({ host, port }: Address, at: number): boolean =>
    bound[at]?.host === host && (port === 0 ? bound[at].port > 0 : bound[at].port === port);
  return asked.length > 0 && asked.length === bound.length && asked.every(isBound);
}
