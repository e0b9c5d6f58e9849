// The old master as the new one sees it: the offer, the listeners, its workers, and its end.
//
// Should the old master end before its workers have, as by `kill -9`, they finish what they have
// and end, as orphans do; the server is this master's from then on, and each listener is closed
// when its process is gone.
import { message as words } from "../../core/messages.ts";
import type { Event } from "../../core/events.ts";
import {
  type FromSuccessor,
  type FromPredecessor,
  type Offer,
  PROTOCOLS,
} from "../../ipc/handover-messages.ts";
import type { Log } from "../../log/logger.ts";
import { ForeignWorker } from "../workers/foreign-worker.ts";
import type { Clock, PredecessorChannel, Surroundings } from "../surroundings.ts";
import type { Listeners } from "../workers/listeners.ts";
import type { Metrics } from "../reports/metrics.ts";
import type { Workers } from "../workers/workers.ts";

/** How long the offer and the listeners may take: the old master has them ready. */
const OFFER_TIMEOUT_MS = 10_000;
const POLL_MS = 5;

/** A listener of the old master: whose it is, and this process's duplicate. */
interface Inherited {
  readonly address: string;
  readonly worker: number;
  readonly descriptor: number;
}

/** What the messages of the old master act on. */
export interface MasterParts {
  readonly surroundings: Pick<Surroundings, "otherProcess">;
  readonly workers: Workers;
  readonly listeners: Listeners;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly dispatch: (event: Event) => void;
}

export class Predecessor {
  readonly #foreign: ForeignWorker[] = [];
  #offer: Offer | undefined;
  readonly #inherited: Inherited[] = [];
  #master: MasterParts | undefined;

  constructor(
    readonly channel: PredecessorChannel,
    readonly clock: Clock,
  ) {
    channel.listen({
      onMessage: (message) => this.#receive(message),
      onClosed: () => this.#lost(),
    });
  }

  get pid(): number {
    return this.channel.pid;
  }

  /**
   * Says hello, and waits for the offer and the listeners.
   *
   * @param done is given the reason when they do not come
   */
  open(done: (problem: string | undefined) => void): void {
    const { channel, clock } = this;
    this.send({ type: "hello", protocols: PROTOCOLS });
    const untilMs = clock.now() + OFFER_TIMEOUT_MS;
    const look = (): void => {
      if (this.#hasAll()) {
        channel.closeListeners();
        return done(undefined);
      }
      if (channel.isOpen && clock.now() <= untilMs) return void clock.after(POLL_MS, look);
      done("the old master did not offer its listeners");
    };
    look();
  }

  /** Takes the listeners that have come. Whether there has been an offer, and all of it is here. */
  #hasAll(): boolean {
    const wanted = this.#offer?.inventory.groups.flatMap(({ address, members }) =>
      members.map((worker) => ({ address, worker })),
    );
    for (const next of wanted?.slice(this.#inherited.length) ?? []) {
      const descriptor = this.channel.receiveListener();
      if (descriptor === undefined) return false;
      this.#inherited.push({ ...next, descriptor });
    }
    return wanted !== undefined;
  }

  get offer(): Offer {
    if (this.#offer === undefined) throw new Error("there has been no offer");
    return this.#offer;
  }

  /** What is ours already as far as a plan is concerned. */
  get held(): { readonly port: number | undefined; readonly addresses: readonly string[] } {
    const { port, inventory, held } = this.offer;
    const addresses = [...inventory.groups.map(({ address }) => address), ...held];
    return { port: port ?? undefined, addresses };
  }

  send(message: FromSuccessor): void {
    this.channel.send(message);
  }

  /** Puts its workers and listeners into the tables of this master. */
  adoptInto(master: MasterParts): void {
    const { inventory, pids } = this.offer;
    const { workers, listeners, surroundings } = master;
    if (inventory.steering === "refused") listeners.refuseSteering();
    for (const { address, worker, descriptor } of this.#inherited) {
      listeners.add(address, worker, descriptor);
    }
    for (const { worker, pid } of pids) {
      const process = surroundings.otherProcess(pid);
      const foreign = new ForeignWorker(worker, pid, process, (message) => this.send(message));
      this.#foreign.push(foreign);
      workers.adopt(worker, inventory.generation, foreign);
    }
    this.#master = master;
  }

  #receive(message: FromPredecessor): void {
    const { workers, metrics } = this.#master ?? {};
    switch (message.type) {
      case "offer":
        this.#offer = message;
        return;
      case "granted":
        metrics?.inherit(message.counted);
        return this.#granted(message.ended, message.reload ?? undefined);
      case "from-worker":
        return workers?.receive(message.worker, message.message);
      case "worker-exited":
        metrics?.inherit(message.counted);
        return workers?.exited(message.worker, message.how);
      default:
        message satisfies never;
    }
  }

  #granted(ended: readonly number[], reload: string | undefined): void {
    this.#master?.dispatch({ type: "takeover-granted", reload, ended });
    for (const worker of ended) this.#ended(worker);
  }

  /** A worker has ended before the server was ours, perhaps before there was an offer. */
  #ended(worker: number): void {
    const { workers, dispatch } = this.#master ?? {};
    const how = "before the handover";
    if (workers?.has(worker) === true) workers.exited(worker, how);
    else dispatch?.({ type: "worker-exited", worker, how });
  }

  /** The old master has ended. Its workers are watched until they have. */
  #lost(): void {
    const master = this.#master;
    if (master === undefined) return;
    const { workers, log } = master;
    const left = this.#foreign.filter(({ worker }) => workers.has(worker));
    if (left.length > 0) {
      log("warn", "predecessor-ended", words.predecessorEnded(this.pid), { pid: this.pid });
    }
    const { inventory, pids } = this.offer;
    const all = inventory.workers.map(({ worker }) => worker);
    master.dispatch({ type: "predecessor-ended", workers: all });
    // Workers that had ended before there was an offer have no process to wait for.
    for (const worker of all) if (!pids.some((it) => it.worker === worker)) this.#ended(worker);
    this.#watch(workers);
  }

  #watch(workers: Workers): void {
    const left = this.#foreign.filter(({ worker }) => workers.has(worker));
    for (const { process, worker } of left) {
      if (!process.isRunning()) workers.exited(worker, "its master had ended");
    }
    if (left.length > 0) this.clock.after(POLL_MS * 4, () => this.#watch(workers));
  }
}
