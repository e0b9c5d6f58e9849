// The predecessor as its successor sees it: the offer, the listeners, its workers, and its end.
//
// If the predecessor ends before its workers, as by `kill -9`, they finish their requests and end,
// as orphans do. From then on the server belongs to this master, which closes each listener when
// its process is gone.
import { type Arrival, type ArrivalEvent, arrive, beginArrival } from "../../core/arrival.ts";
import type { Event } from "../../core/events.ts";
import { PROTOCOLS } from "../../core/handover-protocol.ts";
import type { FromPredecessor, FromSuccessor, Offer } from "../../ipc/handover-messages.ts";
import type { Sharers } from "../../ipc/messages.ts";
import { isUnix, parseAddress } from "../../net/address.ts";
import { ForeignWorker } from "../workers/foreign-worker.ts";
import type { Clock, PredecessorChannel, Surroundings } from "../surroundings.ts";
import type { Listeners } from "../workers/listeners.ts";
import type { Metrics } from "../reports/metrics.ts";
import type { Workers } from "../workers/workers.ts";

/** How often to check whether a listener has arrived, or a process has ended. */
const POLL_MS = 5;

/** What the predecessor's messages act on. */
interface MasterParts {
  readonly surroundings: Pick<Surroundings, "otherProcess">;
  readonly workers: Pick<Workers, "adopt" | "receive" | "exited" | "has">;
  readonly listeners: Pick<Listeners, "adopt" | "refuseSteering">;
  readonly metrics: Pick<Metrics, "takeOver">;
  readonly dispatch: (event: Event) => void;
}

type Granted = Extract<FromPredecessor, { readonly type: "granted" }>;

export class Predecessor {
  readonly #foreign: ForeignWorker[] = [];
  #offer: Offer | undefined;
  #arrival: Arrival;
  #master: MasterParts | undefined;
  #isLost = false;

  constructor(
    readonly channel: PredecessorChannel,
    readonly clock: Clock,
  ) {
    this.#arrival = beginArrival(clock.now());
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
   * @param done gets the reason if they do not come
   */
  open(done: (problem: string | undefined) => void): void {
    this.send({ type: "hello", protocols: PROTOCOLS });
    const look = (): void => {
      this.#receiveListeners();
      this.#arrive({ type: this.channel.isOpen ? "tick" : "predecessor-ended" });
      const arrival = this.#arrival;
      if (arrival.name === "failed") return done(arrival.reason);
      if (arrival.name !== "complete") return void this.clock.after(POLL_MS, look);
      this.channel.closeListeners();
      done(undefined);
    };
    look();
  }

  #receiveListeners(): void {
    while (this.#arrival.name === "receiving") {
      const descriptor = this.channel.receiveListener();
      if (descriptor === undefined) return;
      this.#arrive({ type: "listener-received", descriptor });
    }
  }

  #arrive(event: ArrivalEvent): void {
    this.#arrival = arrive(this.#arrival, event, this.clock.now());
  }

  get offer(): Offer {
    if (this.#offer === undefined) throw new Error("there has been no offer");
    return this.#offer;
  }

  /** What already counts as ours when a plan is made. */
  get held(): {
    readonly port: number | undefined;
    readonly addresses: readonly string[];
    readonly uid: number | undefined;
    readonly inherited: readonly string[];
    readonly sharesPorts: boolean | undefined;
  } {
    const { port, estate: inventory, held, uid, inherited = [] } = this.offer;
    const groups = inventory.groups.map(({ address }) => address);
    const onPort = groups.filter(
      (address) => !isUnix(parseAddress(address)) && !inherited.includes(address),
    );
    const sharers = onPort.map((address) => this.#sharersOf(address));
    const sharesPorts = onPort.length === 0 ? undefined : sharers.includes("ours");
    const addresses = [...groups, ...held];
    return { port: port ?? undefined, addresses, uid, inherited, sharesPorts };
  }

  /** Whose the socket is that workers share at an address; undefined: each has its own. */
  #sharersOf(address: string): Sharers | undefined {
    const { inherited = [], own = [] } = this.offer;
    if (inherited.includes(address)) return "inherited";
    return own.includes(address) || isUnix(parseAddress(address)) ? "ours" : undefined;
  }

  send(message: FromSuccessor): void {
    this.channel.send(message);
  }

  /** Adds its workers and listeners to the tables of this master. */
  adoptInto(master: MasterParts): void {
    const { estate: inventory, pids } = this.offer;
    const { workers, listeners, surroundings } = master;
    if (inventory.steering === "refused") listeners.refuseSteering();
    if (this.#arrival.name !== "complete") throw new Error("the listeners have not arrived");
    for (const { address, worker, descriptor } of this.#arrival.listeners) {
      listeners.adopt(address, worker, descriptor, this.#sharersOf(address));
    }
    for (const { worker, pid } of pids) {
      const process = surroundings.otherProcess(pid);
      const foreign = new ForeignWorker(worker, pid, process, (message) => this.send(message));
      this.#foreign.push(foreign);
      workers.adopt(worker, inventory.generation, foreign);
    }
    this.#master = master;
    // It may have ended while this master made its plans.
    if (!this.channel.isOpen) this.#lost();
  }

  #receive(message: FromPredecessor): void {
    const { workers, metrics } = this.#master ?? {};
    switch (message.type) {
      case "offer":
        this.#offer = message;
        return this.#arrive({
          type: "offered",
          protocol: message.protocol,
          inventory: message.estate,
        });
      case "granted":
        metrics?.takeOver(message.counted);
        return this.#granted(message);
      case "from-worker":
        return workers?.receive(message.worker, message.message);
      case "worker-exited":
        metrics?.takeOver(message.counted);
        return workers?.exited(message.worker, message.how);
      default:
        message satisfies never;
    }
  }

  #granted({ ended, full = [], stalled, reload, leadership }: Granted): void {
    this.#master?.dispatch({
      type: "takeover-granted",
      reload: reload ?? undefined,
      ended,
      full,
      ...(stalled !== undefined && { stalled }),
      ...(leadership !== undefined && { leadership }),
    });
    for (const worker of ended) this.#master?.workers.exited(worker, "before the handover");
  }

  /** The predecessor has ended. Its workers are watched until they have. */
  #lost(): void {
    const master = this.#master;
    if (master === undefined || this.#isLost) return;
    this.#isLost = true;
    const { estate: inventory, pids } = this.offer;
    const workers = inventory.workers.map(({ worker }) => worker);
    const ended = workers.filter((worker) => !pids.some((it) => it.worker === worker));
    master.dispatch({ type: "predecessor-ended", pid: this.pid, workers, ended });
    this.#watch(master.workers);
  }

  #watch(workers: MasterParts["workers"]): void {
    const left = this.#foreign.filter(({ worker }) => workers.has(worker));
    for (const { process, worker } of left) {
      if (!process.isRunning()) workers.exited(worker, "its master had ended");
    }
    if (left.length > 0) this.clock.after(POLL_MS * 4, () => this.#watch(workers));
  }
}
