// The crashes that count against what serves: how long the next worker waits depends on them, and
// whether the crash budget is spent. What is made of them: moves/backoff.ts.

export interface Respawn {
  /** When the crashes of the current window happened. */
  readonly crashesMs: readonly number[];
  /** No worker is respawned before this time. */
  readonly notBeforeMs: number;
}
