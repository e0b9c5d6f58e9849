// WebSockets that may be what ends workers: the app throws when they come, so that a new worker
// takes over, they move there, and it throws again. One that had just come when the app threw moves
// once more; if that happens a second time, it does not.

/** How long after it has come an error may be about it. */
const RECENT_MS = 2000;
const MOST_KEPT = 16;

export class Suspects {
  /** When each one has come that has moved here, and whether it was suspected before. */
  readonly #arrivals = new WeakMap<object, { readonly atMs: number; readonly isAgain: boolean }>();
  /** When the app has thrown lately. */
  #threwMs: readonly number[] = [];

  /** It comes from another worker. @param isSuspected the app there threw shortly after it came */
  came(socket: object, isSuspected: boolean, nowMs: number): void {
    this.#arrivals.set(socket, { atMs: nowMs, isAgain: isSuspected });
  }

  /** The app has thrown, nobody knows what about. */
  threw(nowMs: number): void {
    this.#threwMs = [...this.#threwMs.slice(1 - MOST_KEPT), nowMs];
  }

  /** Whether the app has thrown shortly after it came. */
  isSuspect(socket: object): boolean {
    const atMs = this.#arrivals.get(socket)?.atMs;
    if (atMs === undefined) return false;
    return this.#threwMs.some((threwMs) => atMs <= threwMs && threwMs - atMs <= RECENT_MS);
  }

  /** Whether that is so for the second time. */
  isAgain(socket: object): boolean {
    return this.isSuspect(socket) && this.#arrivals.get(socket)?.isAgain === true;
  }
}
