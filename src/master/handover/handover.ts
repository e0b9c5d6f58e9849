// A handover as the old master performs it: USR2. What it is and why it is safe stands in
// core/rules/handover.ts; here are the process, the messages and the time limits.
//
// hand-over: the new master is started, says hello, gets the offer and a duplicate of every
// listener. grant: the new master has claimed, and gets the server; from then on this one has no
// listeners, and only passes messages between it and the old workers, until the last of them has
// ended. Should the new master end then, this one ends too, and its workers finish what they have,
// as orphans do.
import { inventoryOf } from "../../core/rules/handover.ts";
import { formatDuration } from "../../core/duration.ts";
import { message as words } from "../../core/messages.ts";
import { BIND_TIMEOUT_MS } from "../../core/settings.ts";
import { isRefused } from "../../core/sharing/kernel.ts";
import type { State } from "../../core/state.ts";
import { commonProtocol, type FromSuccessor, PROTOCOLS } from "../../ipc/handover-messages.ts";
import type { Log } from "../../log/logger.ts";
import { explain } from "../../os/shortage.ts";
import type { Cancel, SuccessorHandle, Surroundings } from "../surroundings.ts";
import type { Listeners } from "../workers/listeners.ts";
import type { ControlLoop } from "../loop.ts";
import type { Metrics } from "../reports/metrics.ts";
import type { Workers } from "../workers/workers.ts";

/** What a handover needs of the server, and what it tells. */
export interface HandoverContext {
  readonly surroundings: Surroundings;
  readonly loop: () => ControlLoop;
  readonly workers: Workers;
  readonly listeners: Listeners;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The port that port 0 stands for, once a worker has got one. */
  readonly port: () => number | undefined;
  /** Other addresses that this process listens on. */
  readonly held: () => readonly string[];
  /** The new master has been asked to open its log anew, which is this process's too. */
  readonly onReopen: () => void;
  /** The server is the new master's, which is told next. The time to let go of what is held. */
  readonly onHandedOver: (pid: number) => void;
  /** Nothing is left to do. */
  readonly onEnd: () => void;
}

export class Handover {
  #successor: SuccessorHandle | undefined;
  #cancel: Cancel | undefined;
  #phase: "none" | "offered" | "failing" | "granted" = "none";
  /** What the new master says of its failure itself. */
  #reason: string | undefined;
  #nextWorker = 0;

  constructor(readonly context: HandoverContext) {}

  /** The new master, once the server is its. */
  get successor(): number | undefined {
    return this.#phase === "granted" ? this.#successor?.pid : undefined;
  }

  begin(): void {
    this.#phase = "offered";
    this.#reason = undefined;
    this.#nextWorker = 0;
    const { executables, startSuccessor } = this.context.surroundings;
    try {
      this.#successor = startSuccessor({
        onMessage: (message) => this.#take(message),
        onExit: (how) => this.#exited(how),
      });
    } catch (error) {
      this.#phase = "none";
      this.#tellFailed(`Cannot start ${executables.path}: ${explain(error)}`);
      return;
    }
    const { startupTimeoutMs } = this.#state.settings;
    const limit = `${formatDuration(startupTimeoutMs)} (startup_timeout)`;
    this.#expect(startupTimeoutMs, `did not ask for the server within ${limit}; is it pounce?`);
  }

  get #state(): State {
    return this.context.loop().state;
  }

  get #name(): string {
    return `The new master (process ${this.#successor?.pid})`;
  }

  /**
   * Fails the handover unless the next thing happens in time.
   *
   * @param what completes "The new master …"
   */
  #expect(timeoutMs: number, what: string): void {
    this.#cancel?.();
    const { clock } = this.context.surroundings;
    this.#cancel = clock.after(timeoutMs, () => this.fail(`${this.#name} ${what}`));
  }

  /** What cannot be answered fails the handover, as long as it can fail. */
  #take(message: FromSuccessor): void {
    try {
      this.#receive(message);
    } catch (error) {
      if (this.#phase !== "offered") throw error;
      this.fail(`${this.#name} could not be answered: ${explain(error)}`);
    }
  }

  #receive(message: FromSuccessor): void {
    // A number that is used stays used, also where the handover has failed by now.
    const isHeard = this.#phase !== "none" && message.type === "spawned";
    if (!isHeard && this.#phase !== "offered" && this.#phase !== "granted") return;
    switch (message.type) {
      case "hello":
        return this.#offer(message.protocols);
      case "failed":
        this.#reason = message.reason;
        return;
      case "spawned":
        this.#nextWorker = Math.max(this.#nextWorker, message.worker + 1);
        return;
      case "claim":
        return this.context.loop().dispatch({ type: "handover-claimed" });
      case "to-worker":
        if (message.message.type === "reopen-log") this.context.onReopen();
        if (this.#phase === "granted") this.context.workers.send(message.worker, message.message);
        return;
      default:
        message satisfies never;
    }
  }

  #offer(theirs: readonly number[]): void {
    const protocol = commonProtocol(theirs);
    if (protocol === undefined) {
      const [ours, others] = [PROTOCOLS.join(", "), theirs.join(", ")];
      const why = `speaks handover protocol ${others}, this one ${ours}: restart the server instead`;
      this.fail(`${this.#name} ${why}`);
      return;
    }
    const { startupTimeoutMs } = this.#state.settings;
    // One worker loads the app alone, then the others do, then they bind in turn.
    const timeoutMs = 2 * startupTimeoutMs + BIND_TIMEOUT_MS;
    this.#expect(timeoutMs, `was not ready within ${formatDuration(timeoutMs)}`);
    const { workers, listeners } = this.context;
    const inventory = inventoryOf(this.#state);
    const port = this.context.port() ?? null;
    const held = this.context.held();
    const pids = [...workers.processes].map(([worker, { pid }]) => ({ worker, pid }));
    this.#successor?.send({ type: "offer", protocol, inventory, pids, port, held });
    const descriptors = inventory.groups.flatMap(({ address, members }) =>
      members.map((member) => listeners.descriptorOf(address, member)),
    );
    const successor = this.#successor;
    successor?.sendListeners(descriptors, (error) => {
      if (successor === this.#successor)
        this.fail(`${this.#name} got no listeners: ${explain(error)}`);
    });
  }

  /** Leaves the server to the new master. */
  grant(): void {
    const { context } = this;
    const { metrics } = context;
    const successor = this.#successor;
    if (successor === undefined) throw new Error("there is nobody to hand over to");
    this.#cancel?.();
    this.#phase = "granted";
    const { workers, reloadWantedBy } = this.#state;
    const ended = [...workers.values()].filter(({ phase }) => phase.name === "exited");
    const reload = reloadWantedBy ?? null;
    // A service manager is told first: it listens to nobody else until it has heard of them.
    context.onHandedOver(successor.pid);
    const counted = metrics.handOver();
    successor.send({ type: "granted", ended: ended.map(({ id }) => id), reload, counted });
    // The new master has duplicates, and the workers have their own.
    context.listeners.closeAll();
    context.log("info", "handed-over", words.handedOver(successor.pid), { pid: successor.pid });
    context.workers.relay({
      onMessage: (worker, message) => successor.send({ type: "from-worker", worker, message }),
      onExit: (worker, how) =>
        successor.send({ type: "worker-exited", worker, how, counted: metrics.handOver() }),
      onEmpty: () => context.onEnd(),
    });
  }

  #exited(how: string): void {
    switch (this.#phase) {
      case "offered":
        return this.fail(this.#reason ?? `${this.#name} ended: ${how}`);
      case "granted": {
        const pid = this.#successor?.pid ?? 0;
        this.context.log("warn", "successor-ended", words.successorEnded(pid), { pid, how });
        return this.context.onEnd();
      }
      case "none":
      case "failing":
        return;
      default:
        this.#phase satisfies never;
    }
  }

  /**
   * Ends the new master and all its processes; then the old one goes on, or stops. @param atOnce
   * gives them no time to end by themselves
   */
  fail(reason: string, atOnce = false): void {
    if (this.#phase !== "offered") return;
    this.#phase = "failing";
    this.#cancel?.();
    const { settings } = this.#state;
    // Where the kernel spreads connections over all listeners, the new workers have got some
    // already.
    const patienceMs = isRefused(this.#state) ? settings.shutdownTimeoutMs : 0;
    this.#successor?.end(atOnce ? undefined : patienceMs, () => {
      this.#successor = undefined;
      this.#phase = "none";
      this.#tellFailed(reason);
    });
  }

  #tellFailed(reason: string): void {
    const nextWorker = this.#nextWorker;
    this.context.loop().dispatch({ type: "handover-failed", reason, nextWorker });
  }
}
