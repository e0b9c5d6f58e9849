// For how long a worker has made no progress, as seen by looking at how far it has got. Pure.
//
// What happens while nobody looks is not counted against the worker: if the machine was suspended,
// or everything was stopped, the master was away too. Nor is time in which it waits for a
// processor, because others have them all.

/** How often the master looks. */
export const LOOK_MS = 150;
/**
 * A worker that has not got on for so long has stalled: it counts a turn as often as the master
 * looks, and may be late. One whose loop blocks is found after three looks, within 450 ms.
 */
export const STALLED_MS = 350;
/** If two looks are this far apart, the master was away. */
const AWAY_MS = 450;

export class Progress {
  #far: number;
  /** It last got on at this time, or later. */
  #sinceMs: number;

  /** @param far how far the worker has got */
  constructor(far: number, nowMs: number) {
    this.#far = far;
    this.#sinceMs = nowMs;
  }

  /**
   * Looks again. Returns for how long it has made no progress; 0: it gets on.
   * @param far how far it has got
   * @param beforeMs when the look before was
   * @param waited tells whether it has only waited for a processor since then
   */
  look(far: number, nowMs: number, beforeMs: number, waited: () => boolean): number {
    const wasAway = nowMs - beforeMs > AWAY_MS;
    if (far !== this.#far) {
      this.#far = far;
      // However late this look is, the worker is not: it may have got on at any time since.
      this.#sinceMs = wasAway ? nowMs : Math.max(beforeMs, nowMs - LOOK_MS);
      return 0;
    }
    if (waited() || wasAway) this.#sinceMs += nowMs - beforeMs;
    const forMs = nowMs - this.#sinceMs;
    return forMs < STALLED_MS ? 0 : forMs;
  }
}
