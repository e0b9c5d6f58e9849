// Periodic tasks that come together: each is due at the multiples of its interval, so that one each
// second needs no wake-up of its own beside one twice a second. A wake-up costs an idle process
// more than what it does then.
import type { Clock } from "../surroundings.ts";

interface Task {
  readonly everyMs: number;
  readonly act: () => void;
  dueMs: number;
}

/** A timer may come a moment early, and would have to wait again. */
const EARLY_MS = 1;

export class Ticker {
  readonly #tasks: Task[] = [];
  #cancel: () => void = () => undefined;

  /** @param after calls once, and keeps no process alive */
  constructor(
    readonly now: Clock["now"],
    readonly after: Clock["after"],
  ) {}

  /** Calls `act` at each multiple of `everyMs`; after a time without a processor, once. */
  every(everyMs: number, act: () => void): void {
    this.#tasks.push({ everyMs, act, dueMs: next(everyMs, this.now()) });
    this.#wait();
  }

  #wait(): void {
    this.#cancel();
    const dueMs = Math.min(...this.#tasks.map((task) => task.dueMs));
    this.#cancel = this.after(Math.max(0, dueMs - this.now()), () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.now() + EARLY_MS;
    try {
      for (const task of this.#tasks) {
        if (task.dueMs > nowMs) continue;
        task.dueMs = next(task.everyMs, nowMs);
        task.act();
      }
    } finally {
      // One that throws is whoever's concern that hears of it: the others go on.
      this.#wait();
    }
  }
}

function next(everyMs: number, nowMs: number): number {
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
}
