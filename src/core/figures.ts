// What two generations are compared by.

/** What the workers of one generation did in a stretch of time. */
export interface Figures {
  /** Requests that have ended, and those that have waited longer than `patienceMs`. */
  readonly requests: number;
  /**
   * Of those, the ones that the server failed to answer: with a status of 500 or above, or with a
   * body that broke off.
   */
  readonly errors: number;
  /**
   * Of those, the ones without an answer: their clients went before it, or it had not begun after
   * `patienceMs`.
   */
  readonly unanswered: number;
  /** Requests that wait for an answer now, for however long. */
  readonly pending: number;
  /**
   * The time in which 99 of 100 requests were answered; if they are few, all but the ten slowest.
   * `undefined`: too few were measured.
   */
  readonly p99Ms: number | undefined;
  /** How its workers got on; left out: nobody can see. */
  readonly progress?: Progress;
}

/** Whether the event loops of workers turned, as the watchdog saw it, while they served. */
export interface Progress {
  /** For how long all workers together were watched, in milliseconds. */
  readonly watchedMs: number;
  /** For how long of it they stood still. */
  readonly stalledMs: number;
  /** How often one stood still for `LONG_STALL_MS`. */
  readonly longStalls: number;
}

/** A new generation beside the old one. */
export interface Pair {
  readonly fresh: Figures;
  readonly old: Figures;
}

/** Since the comparison began, and in its last seconds. */
export interface Comparison {
  readonly whole: Pair;
  readonly recent: Pair;
}
