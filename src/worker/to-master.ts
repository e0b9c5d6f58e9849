// What a worker says to its master: once that it is ready or has failed, and log entries, which
// must not displace what the master needs to know.
import type { Channel } from "../ipc/channel.ts";
import type { FromWorker, WorkerEntry } from "../ipc/messages.ts";

export class ToMaster {
  #isGone = false;
  #said: "nothing" | "ready" | "failed" = "nothing";
  #lostEntries = 0;

  /** @param onLost gets the number of lost log entries, once others are accepted again */
  constructor(
    readonly channel: Channel,
    readonly onLost: (entries: number) => void,
  ) {}

  /** The master has died: nothing more is sent. */
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

  /** The worker cannot start; sent once. */
  fail(reason: string): void {
    if (this.hasFailed) return;
    this.#said = "failed";
    this.send({ type: "failed", reason });
  }

  /** The app on disk is not the one that the worker should load; sent once. */
  outdated(files: readonly string[]): void {
    if (this.hasFailed) return;
    this.#said = "failed";
    this.send({ type: "outdated", files });
  }

  /**
   * Passes on a log entry; if there are too many, they are lost and counted. Returns false if there
   * is no master.
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
