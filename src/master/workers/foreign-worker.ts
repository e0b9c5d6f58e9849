// A worker of the previous master, which relays messages to it.
import type { FromSuccessor } from "../../ipc/handover-messages.ts";
import type { ToWorker } from "../../ipc/messages.ts";
import type { OtherProcess } from "../surroundings.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export class ForeignWorker implements WorkerHandle {
  constructor(
    readonly worker: number,
    readonly pid: number,
    readonly process: OtherProcess,
    readonly pass: (message: FromSuccessor) => void,
  ) {}

  send(message: ToWorker): void {
    this.pass({ type: "to-worker", worker: this.worker, message });
  }

  /** Its listeners came with the offer. */
  takeListener(): undefined {
    return undefined;
  }

  /** It bound its addresses before this master was there. */
  giveListener(): void {
    throw new Error("a worker of the previous master is to bind");
  }

  /** The ends of links cannot be sent to it. */
  giveLink(): void {
    throw new Error("a worker of the previous master is to have a link");
  }

  kill(): void {
    this.process.kill();
  }

  dispose(): void {}
}
