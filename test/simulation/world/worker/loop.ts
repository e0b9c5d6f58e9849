// The event loop of a simulated worker: does one thing after the other, and nothing while it is
// blocked. What has come meanwhile is done, in order, when it turns again.

import type { World } from "../world.ts";

export class EventLoop {
  /** Since when it has been blocked; undefined: it turns. */
  #blockedMs: number | undefined;
  readonly #waiting: (() => void)[] = [];

  /** @param isAlive whether the process lives */
  constructor(
    readonly world: World,
    readonly isAlive: () => boolean,
  ) {}

  get isBlocked(): boolean {
    return this.#blockedMs !== undefined;
  }

  get blockedMs(): number | undefined {
    return this.#blockedMs;
  }

  /** Does something as soon as it turns. */
  do(act: () => void): void {
    if (!this.isAlive()) return;
    if (this.isBlocked) this.#waiting.push(act);
    else act();
  }

  after(delayMs: number, act: () => void): void {
    this.world.later(delayMs, () => this.do(act));
  }

  block(): void {
    this.#blockedMs ??= this.world.nowMs;
  }

  turn(): void {
    this.#blockedMs = undefined;
    // What is done may block it again.
    for (const act of this.#waiting.splice(0)) this.do(act);
  }
}
