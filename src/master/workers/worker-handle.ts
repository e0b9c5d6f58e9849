// A worker as the master's tables hold it: a child of its own, or one of the master before it.
import type { ToWorker } from "../../ipc/messages.ts";

export interface WorkerHandle {
  readonly pid: number;
  /**
   * Sends a message; one to a process that has ended is dropped, as its exit tells all there is.
   */
  send(message: ToWorker): void;
  /** A listener that the worker has handed over; `undefined` when there is none. */
  takeListener(): number | undefined;
  kill(): void;
  /** Closes what was handed over and never taken, and the channel. */
  dispose(): void;
}
