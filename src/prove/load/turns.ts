// Whose turn it is to send a request, where a load has a rate.
import { pause } from "./pause.ts";

const SECOND_MS = 1000;

export class Turns {
  #nextMs = 0;

  /** @param rate requests a second; undefined: it is always anyone's turn */
  constructor(
    readonly rate: number | undefined,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves when one may send; false: the load stops. */
  async next(stopping: AbortSignal): Promise<boolean> {
    const waitMs = this.reserve(this.now());
    if (waitMs > 0) return pause(waitMs, stopping);
    return !stopping.aborted;
  }

  /** Takes the next turn. Returns how long to wait for it. Turns that nobody took are lost. */
  reserve(nowMs: number): number {
    if (this.rate === undefined) return 0;
    const atMs = Math.max(this.#nextMs, nowMs);
    this.#nextMs = atMs + SECOND_MS / this.rate;
    return atMs - nowMs;
  }
}
