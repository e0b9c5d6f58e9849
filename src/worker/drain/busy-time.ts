// Tells when a busy time is over: the moment to give back the memory that only a load needs.

/** Requests a second from which a worker counts as busy. */
const BUSY = 50;
/** Seconds with fewer until a busy time counts as over. */
const CALM_SECONDS = 6;

export class BusyTime {
  #calmSeconds = CALM_SECONDS;

  /**
   * Whether a busy time is over now. To be called once a second.
   *
   * @param requests that came in that second
   */
  isOverAfter(requests: number): boolean {
    this.#calmSeconds = requests >= BUSY ? 0 : this.#calmSeconds + 1;
    return this.#calmSeconds === CALM_SECONDS;
  }
}
