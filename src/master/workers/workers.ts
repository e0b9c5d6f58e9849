// The worker processes: spawned, told what to do, killed, and gone. What they say is in
// worker-messages.ts.
import type { ProcessInfo } from "../reports/status.ts";
import type { EffectOf } from "../../core/effects.ts";
import type { Event } from "../../core/events.ts";
import { message as words } from "../../core/messages.ts";
import type { FromWorker, ToWorker } from "../../ipc/messages.ts";
import type { WorkerIdentity } from "../../ipc/worker-name.ts";
import type { Log } from "../../log/logger.ts";
import { formatAddress, isUnix } from "../../net/address.ts";
import { explain } from "../../os/shortage.ts";
import type { Listeners } from "./listeners.ts";
import { loadMessage } from "../plan/load-message.ts";
import type { CounterPages } from "../reports/counter-pages.ts";
import type { Plans } from "../plan/plans.ts";
import { linkPair } from "./link-pair.ts";
import { outputEntries } from "./output-entries.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import { type Speaker, WorkerMessages, type WorkerObserver } from "./worker-messages.ts";
import type { Surroundings } from "../surroundings.ts";

interface Entry extends Speaker {
  readonly startedMs: number;
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
  readonly #messages: WorkerMessages;

  constructor(
    readonly surroundings: Surroundings,
    readonly plans: Plans,
    readonly listeners: Listeners,
    readonly pages: CounterPages,
    readonly log: Log,
    readonly dispatch: (event: Event) => void,
    readonly observer: WorkerObserver,
  ) {
    this.#messages = new WorkerMessages(surroundings, plans, listeners, log, dispatch, observer);
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
    this.#entries.set(worker, { worker, generation, process, startedMs, asked: undefined });
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
    const { clock, spawnWorker } = this.surroundings;
    try {
      const plan = this.plans.of(generation);
      const page = this.pages.add(worker, generation);
      const executable = this.plans.executables.of(generation);
      const process = spawnWorker(
        identity,
        { plan, executable, page },
        {
          onMessage: (message) => this.receive(worker, message),
          onBroken: (what) => this.#broken(worker, what),
          onExit: (how) => this.exited(worker, how),
          onChildrenEnded: (told) => {
            const about = { worker, generation };
            this.log(
              "info",
              "children-ended",
              words.childrenEnded(worker, generation, told),
              about,
            );
          },
          onOutput: plan.config.log.capture
            ? (stream, pieces) => {
                const entries = outputEntries(identity, stream, pieces, clock.date());
                return this.observer.onEntries(entries);
              }
            : undefined,
        },
      );
      this.#enter(worker, generation, process);
      const load = loadMessage(plan, identity, this.pages.fileOf(worker));
      // Nobody knows a port that the kernel chooses, until it is said.
      const hasPort = plan.addresses.every((it) => isUnix(it) || it.port !== 0);
      const isKnown = hasPort || this.plans.port !== undefined;
      const warmsUpFirst = isKnown && identity.warmsUpFirst;
      process.send({
        ...load,
        sentMs: clock.machineMs(),
        ...(warmsUpFirst === true && { warmsUpFirst }),
      });
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

  /**
   * Tells which worker will probably be spawned next; undefined: none will.
   * @param serving the generation whose configuration it will probably have
   */
  expect(identity: WorkerIdentity | undefined, serving: number | undefined): void {
    const { surroundings, plans } = this;
    if (identity === undefined || serving === undefined) {
      return surroundings.expectWorker(undefined);
    }
    const executable = plans.executables.of(serving);
    surroundings.expectWorker({ identity, plan: plans.of(serving), executable });
  }

  /** Grants the bind lock. */
  bind(worker: number): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    const addresses = this.plans.addressesOf(entry.generation);
    const { isShared, config } = this.plans.of(entry.generation);
    const whose = config.socketActivation ? "inherited" : "ours";
    const shared = isShared ? whose : undefined;
    if (shared !== undefined) {
      for (const address of addresses) {
        const name = formatAddress(address);
        entry.process.giveListener(this.listeners.shared.give(name, worker, shared));
      }
    }
    entry.asked = addresses;
    entry.process.send({ type: "bind", addresses, shared });
  }

  /** Links a worker with each of its peers. What cannot be is left out, and logged. */
  link({ worker, peers }: EffectOf<"link">): void {
    for (const peer of peers) {
      const pair = [worker, peer].map((id) => this.#entries.get(id)?.process);
      const problem = linkPair(this.surroundings.sockets, [worker, peer], pair);
      if (problem === undefined) continue;
      const told = words.linkFailed(worker, peer, problem);
      this.log("warn", "link-failed", told, { worker, peer });
    }
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

  /** The files of their logs have been moved away, perhaps. */
  reopenLogs(): void {
    const generations = new Set([...this.#entries.values()].map(({ generation }) => generation));
    for (const generation of generations) {
      const plan = this.plans.find(generation);
      const problem = plan && this.surroundings.makeLogs(plan);
      if (problem !== undefined) this.log("error", "log-not-reopened", problem, { generation });
    }
    this.sendAll({ type: "reopen-log" });
  }

  kill(worker: number): void {
    this.#entries.get(worker)?.process.kill();
  }

  /** A worker says something. */
  receive(worker: number, message: FromWorker): void {
    if (this.#relay !== undefined) return this.#relay.onMessage(worker, message);
    const speaker = this.#entries.get(worker);
    if (speaker === undefined) return;
    if (message.type === "ready") this.pages.noteReady(worker);
    this.#messages.receive(speaker, message);
  }

  /** A worker sends something that is not a message, or has closed its channel. */
  #broken(worker: number, what: string): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    if (this.#relay !== undefined) return;
    const reason = words.broken(worker, entry.generation, what);
    this.dispatch({ type: "worker-broken", worker, reason });
  }

  /** A worker has ended. */
  exited(worker: number, how: string): void {
    const entry = this.#entries.get(worker);
    if (entry === undefined) return;
    entry.process.dispose();
    this.listeners.shared.abandon(worker);
    this.pages.retire(worker);
    if (this.#relay !== undefined) return this.#passExit(this.#relay, worker, how);
    const { generation } = entry;
    const about = { worker, generation, how };
    this.log("debug", "worker-exited", words.exited(worker, generation, how), about);
    this.#entries.delete(worker);
    this.observer.onExit(worker);
    this.dispatch({ type: "worker-exited", worker, how });
  }

  #passExit(relay: Relay, worker: number, how: string): void {
    this.#entries.delete(worker);
    relay.onExit(worker, how);
    if (this.#entries.size === 0) relay.onEmpty();
  }
}
