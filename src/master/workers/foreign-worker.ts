// A worker of the master before this one, which passes on what is said to it.
import type { FromSuccessor } from "../../ipc/handover-messages.ts";
import type { ToWorker } from "../../ipc/messages.ts";
import { identify, isRunning } from "../../os/process-identity.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export class ForeignWorker implements WorkerHandle {
  readonly #process;

  constructor(
    readonly worker: number,
    readonly pid: number,
    readonly pass: (message: FromSuccessor) => void,
  ) {
    this.#process = identify(pid);
  }

  isRunning(): boolean {
    return isRunning(this.#process);
  }

  send(message: ToWorker): void {
    this.pass({ type: "to-worker", worker: this.worker, message });
  }

  /** Its listeners came with the offer. */
  takeListener(): undefined {
    return undefined;
  }

  kill(): void {
    try {
      if (this.isRunning()) process.kill(this.pid, "SIGKILL");
    } catch {
      // It has ended in between.
    }
  }

  dispose(): void {}
}
