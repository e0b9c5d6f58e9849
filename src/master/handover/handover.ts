// A handover as the predecessor performs it: the effects of core/rules/handover.ts and
// handover-end.ts, and the successor's messages, which become events. Nothing is decided here.
//
// From the grant on, this master has no listeners, and only relays messages between its successor
// and the old workers.
import type { EffectOf } from "../../core/effects.ts";
import type { Event } from "../../core/events.ts";
import type { FromSuccessor } from "../../ipc/handover-messages.ts";
import { explain } from "../../os/shortage.ts";
import type { SuccessorHandle, Surroundings } from "../surroundings.ts";
import type { Listeners } from "../workers/listeners.ts";
import type { Metrics } from "../reports/metrics.ts";
import type { Workers } from "../workers/workers.ts";

/** What a handover needs from the server, and what it reports. */
interface HandoverContext {
  readonly surroundings: Pick<Surroundings, "executables" | "startSuccessor">;
  readonly dispatch: (event: Event) => void;
  readonly workers: Pick<Workers, "processes" | "passOn" | "relay">;
  readonly listeners: Pick<Listeners, "descriptorOf" | "closeAll" | "sharedBy">;
  readonly metrics: Pick<Metrics, "handOver">;
  /** The port that port 0 stands for, once a worker has got one. */
  readonly port: () => number | undefined;
  /** Other addresses that this process listens on. */
  readonly held: () => readonly string[];
  readonly uid: () => number;
  /** The successor was asked to reopen its log, which is also this process's. */
  readonly onReopen: () => void;
  /**
   * The successor has the server and will hear so next: this process now gives back everything else
   * that it holds.
   */
  readonly onHandedOver: (pid: number) => void;
}

export class Handover {
  #successor: SuccessorHandle | undefined;

  constructor(readonly context: HandoverContext) {}

  start(): void {
    const { surroundings, dispatch } = this.context;
    const { executables, startSuccessor } = surroundings;
    try {
      this.#successor = startSuccessor({
        onMessage: (message) => this.#receive(message),
        onExit: (how) => dispatch({ type: "successor-exited", how }),
        onGone: () => dispatch({ type: "successor-gone" }),
      });
    } catch (error) {
      const reason = `Cannot start ${executables.path}: ${explain(error)}`;
      return dispatch({ type: "successor-not-started", reason });
    }
    dispatch({ type: "successor-started", pid: this.#successor.pid });
  }

  #receive(message: FromSuccessor): void {
    const { dispatch, workers } = this.context;
    switch (message.type) {
      case "hello":
        return dispatch({ type: "successor-said-hello", protocols: message.protocols });
      case "failed":
        return dispatch({ type: "successor-failed", reason: message.reason });
      case "spawned":
        return dispatch({ type: "successor-spawned", number: message.worker });
      case "claim":
        return dispatch({ type: "successor-claimed" });
      case "to-worker":
        if (message.message.type === "reopen-log") this.context.onReopen();
        return workers.passOn(message.worker, message.message);
      default:
        message satisfies never;
    }
  }

  offer({ protocol, inventory }: EffectOf<"offer">): void {
    const { workers, listeners, port, held, uid, dispatch } = this.context;
    const pids = [...workers.processes].map(([worker, { pid }]) => ({ worker, pid }));
    const sockets = { inherited: listeners.sharedBy("inherited"), own: listeners.sharedBy("ours") };
    const beside = { pids, port: port() ?? null, ...sockets, held: held(), uid: uid() };
    const descriptors = inventory.groups.flatMap(({ address, members }) =>
      members.map((member) => listeners.descriptorOf(address, member)),
    );
    const successor = this.#process;
    successor.send({ type: "offer", protocol, estate: inventory, ...beside });
    successor.sendListeners(descriptors, (error) => {
      const reason = `The new master got no listeners: ${explain(error)}`;
      dispatch({ type: "successor-failed", reason });
    });
  }

  stop(): void {
    this.#successor?.stop();
  }

  kill(): void {
    this.#successor?.kill();
  }

  forget(): void {
    this.#successor?.dispose();
    this.#successor = undefined;
  }

  /** Leaves the server to the successor. */
  grant({ ended, full, stalled, reload, leadership }: EffectOf<"grant">): void {
    const { onHandedOver, metrics, listeners, workers, dispatch } = this.context;
    const successor = this.#process;
    // A service manager hears of it first: it listens to no other process until it knows about it.
    onHandedOver(successor.pid);
    const counted = metrics.handOver();
    const granted = { type: "granted", ended, reload: reload ?? null, counted } as const;
    successor.send({
      ...granted,
      ...(full !== undefined && { full }),
      ...(stalled !== undefined && { stalled }),
      ...(leadership !== undefined && { leadership }),
    });
    // The successor has duplicates, and the workers have their own.
    listeners.closeAll();
    workers.relay({
      onMessage: (worker, message) => successor.send({ type: "from-worker", worker, message }),
      onExit: (worker, how) =>
        successor.send({ type: "worker-exited", worker, how, counted: metrics.handOver() }),
      onEmpty: () => dispatch({ type: "relay-ended" }),
    });
  }

  get #process(): SuccessorHandle {
    if (this.#successor === undefined) throw new Error("there is no successor");
    return this.#successor;
  }
}
