// Has Bun leave its listeners alone for a while: connections wait in the kernel meanwhile. Bun
// cannot do that.
import type { Polls } from "../../net/polls.ts";
import { DescriptorReserve } from "../../os/reserve.ts";

export class Accepting {
  #resume: (() => void)[] | undefined;
  #polls: Polls | undefined;

  /** @param listeners those that this process still holds: no other descriptor may be touched */
  constructor(
    readonly listeners: () => readonly number[],
    /**
     * For the app and for us while connections wait. While they do not, Bun takes all that there
     * are.
     */
    readonly reserve = new DescriptorReserve(),
  ) {}

  /** At the first bind. @param polls undefined: what the event loop waits for is not known here */
  begin(polls: Polls | undefined): void {
    this.#polls = polls;
    this.reserve.hold();
  }

  get isPaused(): boolean {
    return this.#resume !== undefined;
  }

  /**
   * Has connections wait. Throws where that is impossible, and gives up the reserve in any case.
   */
  pause(): void {
    this.reserve.release();
    if (this.isPaused) return;
    if (this.#polls === undefined) throw new Error("what Bun's event loop waits for is not known");
    this.#resume = [];
    for (const listener of this.listeners()) {
      const resume = this.#polls.pause(listener);
      this.#resume.push(() => void (this.listeners().includes(listener) && resume()));
    }
  }

  /**
   * Does `action` with the reserve given up for it, and connections waiting where that is possible.
   * Throws.
   */
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

  resume(): void {
    this.reserve.hold();
    const all = this.#resume ?? [];
    this.#resume = undefined;
    for (const resume of all) resume();
  }
}
