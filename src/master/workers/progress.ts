// For how long a worker has made no progress, as seen by looking at how far it has got. Pure.
//
// What happens while nobody looks is not counted against the worker: if the machine was suspended,
// or everything was stopped, the master was away too. Nor is time in which it waits for a
// processor, because others have them all.
import type { Far } from "../../metrics/page.ts";

/**
 * A worker whose turn is so late has stalled. While it has clients a turn is due each 100 ms, and a
 * request that comes to one at rest counts as a turn: with a look each 200 ms, or each 500 ms while
 * all rest, a loop that blocks then is found within 500 ms.
 */
const LATE_MS = 200;

/** One look at a worker. */
export interface Look {
  /** How far it has got, with the time of its turn on the same clock. */
  readonly far: Far;
  readonly nowMs: number;
  /** When the look before was. */
  readonly beforeMs: number;
  /** Since then the master was away itself. */
  readonly wasAway: boolean;
  /**
   * Tells whether it has only waited for a processor since then. Asked only of one whose turn is
   * overdue, because that takes a while.
   */
  readonly waited: () => boolean;
}

export class Progress {
  #count: number;
  /** It last got on at this time, or later. */
  #sinceMs: number;

  constructor({ count }: Pick<Far, "count">, nowMs: number) {
    this.#count = count;
    this.#sinceMs = nowMs;
  }

  /** Returns for how long it has made no progress; 0: it gets on. */
  look({ far, nowMs, beforeMs, wasAway, waited }: Look): number {
    const { count, turnedMs, turnEachMs } = far;
    const hasGotOn = count !== this.#count;
    this.#count = count;
    const gotOnMs = wasAway ? nowMs : Math.min(Math.max(beforeMs, turnedMs), nowMs);
    if (hasGotOn) this.#sinceMs = gotOnMs;
    // Also of one that has got on before: the next look compares with what the kernel says now.
    const hasWaited = nowMs - this.#sinceMs > turnEachMs && waited();
    if (!hasGotOn && (wasAway || hasWaited)) this.#sinceMs += nowMs - beforeMs;
    const forMs = nowMs - this.#sinceMs;
    return forMs < turnEachMs + LATE_MS ? 0 : forMs;
  }
}
