// Notices when a busy time is over: the moment to give back memory that only load needs.

/** Requests a second from which a worker counts as busy. */
const BUSY = 50;
/** How many seconds with fewer requests end a busy time. */
const CALM_SECONDS = 6;

export class BusyTime {
  #calmSeconds = CALM_SECONDS;

  /**
   * Whether a busy time has just ended. Call it once a second.
   * @param requests that came in that second
   */
  isOverAfter(requests: number): boolean {
    this.#calmSeconds = requests >= BUSY ? 0 : this.#calmSeconds + 1;
    return this.#calmSeconds === CALM_SECONDS;
  }
}
