// A worker in the master's tables: a child of its own, or a worker of the previous master.
import type { LinkEnd } from "../../ipc/links.ts";
import type { ToWorker } from "../../ipc/messages.ts";

export interface WorkerHandle {
  readonly pid: number;
  /** Sends a message. One to a process that has ended is dropped: its exit says all there is. */
  send(message: ToWorker): void;
  /** A listener that the worker has handed over; `undefined` when there is none. */
  takeListener(): number | undefined;
  /** Sends it a duplicate of a listening socket, which a message tells of next. Throws. */
  giveListener(descriptor: number): void;
  /** Sends it duplicates of its end of a link, which a message tells of next. Throws. */
  giveLink(peer: number, end: LinkEnd): void;
  kill(): void;
  /** Closes what was handed over but never taken, and the channel. */
  dispose(): void;
}
