// The clock and the timers of a simulated process. A timer is late at times, and never early.
import type { Cancel, Clock } from "../../../src/master/surroundings.ts";
import type { World } from "./world.ts";

/** No run takes so long. It is the longest that a timer can be set for. */
const NEVER_MS = 2 ** 31 - 1;

export class SimulatedClock implements Clock {
  #hasEnded = false;
  /** What is done again and again, by how often that is. */
  readonly #repeated = new Map<number, (() => void)[]>();

  /** @param attempt does it, and sees to what it throws */
  constructor(
    readonly world: World,
    readonly attempt: (act: () => void) => void,
  ) {}

  now(): number {
    return this.world.nowMs;
  }

  date(): Date {
    return new Date(this.world.nowMs);
  }

  machineMs(): number {
    return this.world.nowMs;
  }

  after(delayMs: number, act: () => void): Cancel {
    if (delayMs >= NEVER_MS) return () => undefined;
    const { random } = this.world;
    const latenessMs = random.chance(0.2) ? random.wait(30) : 0;
    return this.world.add(Math.max(0, delayMs) + latenessMs, "timer", () => {
      if (!this.#hasEnded) this.attempt(act);
    });
  }

  every(intervalMs: number, act: () => void): void {
    this.#repeated.set(intervalMs, [...(this.#repeated.get(intervalMs) ?? []), act]);
  }

  /** It is done only when something may follow: most of the time it would be for nothing. */
  repeat(intervalMs: number): void {
    for (const act of this.#repeated.get(intervalMs) ?? []) if (!this.#hasEnded) this.attempt(act);
  }

  /** No timer of the process fires any more. */
  end(): void {
    this.#hasEnded = true;
  }
}
