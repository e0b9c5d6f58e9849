// What a worker says to its master: whether it is ready or has failed, once, and entries of the
// log, which must not take the place of what the master is to know.
import type { Channel } from "../ipc/channel.ts";
import type { FromWorker, WorkerEntry } from "../ipc/messages.ts";

export class ToMaster {
  #isGone = false;
  #said: "nothing" | "ready" | "failed" = "nothing";
  #lostEntries = 0;

  /** @param onLost told of entries of the log that were lost, once others are taken again */
  constructor(
    readonly channel: Channel,
    readonly onLost: (entries: number) => void,
  ) {}

  /** The master has died: nothing is said any more. */
  leave(): void {
    this.#isGone = true;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get isReady(): boolean {
    return this.#said === "ready";
  }

  get hasFailed(): boolean {
    return this.#said === "failed";
  }

  send(message: FromWorker): void {
    if (!this.#isGone) this.channel.send(message);
  }

  /** The worker serves. */
  ready(): void {
    this.#said = "ready";
    this.send({ type: "ready" });
  }

  /** It cannot start, which is said once. */
  fail(reason: string): void {
    if (this.hasFailed) return;
    this.#said = "failed";
    this.send({ type: "failed", reason });
  }

  /**
   * Passes an entry of the log on; too many of them are lost, and counted. False: there is no
   * master.
   */
  relay(entry: WorkerEntry): boolean {
    if (this.channel.isBehind) {
      this.#lostEntries++;
    } else {
      const lost = this.#lostEntries;
      this.#lostEntries = 0;
      this.send({ type: "log", entry });
      if (lost > 0) this.onLost(lost);
    }
    return !this.#isGone;
  }
}
