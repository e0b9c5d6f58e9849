// What workers say: each message becomes an event of the control loop, or a report to the observer.
// The listeners that a worker hands over are taken before the event about them.
import type { Event } from "../../core/events.ts";
import { message as words } from "../../core/messages.ts";
import type { FromWorker, WorkerReport } from "../../ipc/messages.ts";
import type { LogEntry } from "../../log/format.ts";
import type { Log } from "../../log/logger.ts";
import { type Address, formatAddress, isUnix } from "../../net/address.ts";
import type { Plans } from "../plan/plans.ts";
import type { DrainReport } from "../reports/receipts.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Listeners } from "./listeners.ts";
import type { WorkerHandle } from "./worker-handle.ts";

const NOTHING_FORCED = { idleClosed: 0, forcedConnections: 0, forcedRequests: [] };

type Message<T extends FromWorker["type"]> = Extract<FromWorker, { readonly type: T }>;

/** The worker that speaks. */
export interface Speaker {
  readonly worker: number;
  readonly generation: number;
  readonly process: WorkerHandle;
  /** What it was asked to bind, and has not answered. */
  asked: readonly Address[] | undefined;
}

/** What workers report that no decision depends on. */
export interface WorkerObserver {
  onDrained(worker: number, report: DrainReport): void;
  onReport(worker: number, id: number, report: WorkerReport): void;
  /** It serves the certificates that it was told of, unless there is a problem. */
  onTlsServed(worker: number, id: number, problem: string | undefined): void;
  /** It answers on that port as well, unless there is a problem. */
  onUnlisted(id: number, port: number | undefined, problem: string | undefined): void;
  onExit(worker: number): void;
  /** The app has thrown outside a request this many times. */
  onUncaught(times: number): void;
  /** Files that the app was loaded from since then, as `Date.now()` gives it. */
  onFiles(generation: number, files: readonly string[], sinceMs: number): void;
  /** Log entries of workers. Resolves when more can be taken. */
  onEntries(entries: readonly LogEntry[]): Promise<void>;
}

export class WorkerMessages {
  constructor(
    readonly surroundings: Surroundings,
    readonly plans: Plans,
    readonly listeners: Listeners,
    readonly log: Log,
    readonly dispatch: (event: Event) => void,
    readonly observer: WorkerObserver,
  ) {}

  receive(speaker: Speaker, message: FromWorker): void {
    const { worker, generation } = speaker;
    switch (message.type) {
      case "started": {
        const { version } = message;
        const executable = this.plans.executables.path;
        return this.dispatch({ type: "worker-started", worker, version, executable });
      }
      case "loaded":
        this.plans.noteLoaded(generation, message);
        return this.dispatch({
          type: "worker-loaded",
          worker,
          notes: message.notes,
          remarks: message.remarks,
          failure: message.failure,
          wantsLead: message.wantsLead,
          place: this.plans.placeOf(generation),
        });
      case "app-files":
        return this.plans.noteFiles(generation, message.files);
      case "outdated":
        return this.dispatch({ type: "worker-outdated", worker, files: message.files });
      case "bound":
        return this.#bound(speaker, message);
      case "ready": {
        const about = { worker, generation };
        this.log("debug", "worker-ready", words.ready(worker, generation), about);
        return this.dispatch({ type: "worker-ready", worker });
      }
      case "failed":
        return this.dispatch({ type: "worker-failed", worker, reason: message.reason });
      case "uncaught": {
        const { error, times } = message;
        this.observer.onUncaught(times);
        return this.dispatch({ type: "worker-uncaught", worker, error, times });
      }
      case "full":
        return this.dispatch({ type: "worker-full", worker, isFull: message.isFull });
      case "lease-wanted":
        return this.dispatch({ type: "lease-wanted", worker });
      case "resigned":
        return this.dispatch({ type: "leader-resigned", worker });
      case "idle": {
        const { served, needsTime = false } = message;
        this.observer.onDrained(worker, { ...NOTHING_FORCED, served });
        return this.dispatch({ type: "worker-idle", worker, needsTime });
      }
      case "released":
        return this.dispatch({ type: "listener-released", worker, address: message.address });
      case "forced":
        return this.#forced(speaker, message);
      case "log":
        return void this.observer.onEntries([
          { ...message.entry, time: this.surroundings.clock.date() },
        ]);
      case "files":
        return this.observer.onFiles(generation, message.files, message.sinceMs);
      case "report":
        return this.observer.onReport(worker, message.id, message.report);
      case "unlisted":
        return this.observer.onUnlisted(message.id, message.port, message.problem);
      case "tls-served":
        return this.observer.onTlsServed(worker, message.id, message.problem);
      default:
        message satisfies never;
    }
  }

  #forced({ worker }: Speaker, message: Message<"forced">): void {
    const { unfinished, served, requests, connections: busy = unfinished.inFlight } = message;
    const forcedConnections = Math.min(busy, unfinished.connections);
    const idleClosed = unfinished.connections - forcedConnections;
    const report = { served, idleClosed, forcedConnections, forcedRequests: requests };
    this.observer.onDrained(worker, report);
    this.dispatch({ type: "worker-forced", worker, unfinished });
  }

  #bound(speaker: Speaker, { addresses }: Message<"bound">): void {
    const { worker, generation, process, asked = [] } = speaker;
    speaker.asked = undefined;
    const names = addresses.map((address) => formatAddress(address));
    if (!isAnswer(asked, addresses) || this.listeners.has(worker)) {
      return this.dispatch({ type: "worker-bound", worker, addresses: [] });
    }
    if (this.plans.of(generation).isShared) {
      this.plans.noteBound(generation, addresses);
      for (const name of names) this.listeners.shared.add(name, worker);
      return this.dispatch({ type: "worker-bound", worker, addresses: names });
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
    // A connection that a browser has opened in advance would ask the old version later: accepted,
    // it is closed as a drain begins.
    if (!this.plans.of(generation).isDev) this.listeners.deferAccept(worker);
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
}

/** Whether these are the addresses that were requested; port 0 matches any. */
function isAnswer(asked: readonly Address[], bound: readonly Address[]): boolean {
  const isBound = (address: Address, at: number): boolean => {
    const real = bound[at];
    if (real === undefined) return false;
    if (isUnix(address) || isUnix(real)) return formatAddress(address) === formatAddress(real);
    const { host, port } = address;
    return real.host === host && (port === 0 ? real.port > 0 : real.port === port);
  };
  return asked.length > 0 && asked.length === bound.length && asked.every(isBound);
}
