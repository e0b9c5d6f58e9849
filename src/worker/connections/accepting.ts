// Makes Bun ignore its listeners for a while, so that connections wait in the kernel. Bun itself
// cannot do that.
import type { Polls } from "../../net/polls.ts";
import { DescriptorReserve } from "../../os/reserve.ts";

export class Accepting {
  #resume: (() => void)[] | undefined;
  #polls: Polls | undefined;
  /** Descriptors are short. */
  #isShort = false;
  /** There are as many connections as there may be. */
  #isFull = false;

  /** @param listeners those that this process still holds: no other descriptor may be touched */
  constructor(
    readonly listeners: () => readonly number[],
    /**
     * For the app and for pounce while connections wait. Otherwise Bun would take every descriptor
     * there is.
     */
    readonly reserve = new DescriptorReserve(),
  ) {}

  /**
   * Called at the first bind. @param polls undefined: what the event loop waits for is unknown here
   */
  begin(polls: Polls | undefined): void {
    this.#polls = polls;
    this.reserve.hold();
  }

  /** Whether `pause` was called, and `resume` not yet. */
  get isPaused(): boolean {
    return this.#isShort;
  }

  /** Makes connections wait. Throws where that is impossible; releases the reserve in any case. */
  pause(): void {
    this.reserve.release();
    this.#wait();
    this.#isShort = true;
  }

  /** Makes connections wait as long as there are as many as there may be. Throws like `pause`. */
  setFull(isFull: boolean): void {
    if (isFull) this.#wait();
    this.#isFull = isFull;
    this.#acceptIfPossible();
  }

  #wait(): void {
    if (this.#resume !== undefined) return;
    if (this.#polls === undefined) throw new Error("what Bun's event loop waits for is not known");
    this.#resume = [];
    for (const listener of this.listeners()) {
      const resume = this.#polls.pause(listener);
      this.#resume.push(() => void (this.listeners().includes(listener) && resume()));
    }
  }

  /** Makes Bun accept from one more listener, now or when connections wait no longer. */
  admit(listener: number, accept: () => void): void {
    if (this.#resume === undefined) return accept();
    this.#resume.push(() => void (this.listeners().includes(listener) && accept()));
  }

  /** Runs `action` with the reserve released for it, while connections wait if possible. Throws. */
  pausedDuring(action: () => void): void {
    const wasPaused = this.isPaused;
    if (this.#polls === undefined) this.reserve.release();
    else this.pause();
    try {
      action();
    } finally {
      if (!wasPaused) this.resume();
    }
  }

  /** Runs `action` with the reserve released for it. Throws. */
  withReserve(action: () => void): void {
    this.reserve.release();
    try {
      action();
    } finally {
      if (!this.isPaused) this.reserve.hold();
    }
  }

  resume(): void {
    this.reserve.hold();
    this.#isShort = false;
    this.#acceptIfPossible();
  }

  #acceptIfPossible(): void {
    if (this.#isShort || this.#isFull) return;
    const all = this.#resume ?? [];
    this.#resume = undefined;
    for (const resume of all) resume();
  }
}
