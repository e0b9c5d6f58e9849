// Has Bun leave its listeners alone for a while: connections wait in the kernel meanwhile. Bun cannot do that.
import type { Polls } from "../net/polls.ts";

export class Accepting {
  #resume: (() => void)[] | undefined;

  /** @param listeners those that this process still holds: no other descriptor may be touched */
  constructor(readonly listeners: () => readonly number[]) {}

  /** Set at the first bind, where it can be known. */
  polls: Polls | undefined;

  get isPaused(): boolean {
    return this.#resume !== undefined;
  }

  /** Throws where that is impossible. */
  pause(): void {
    const { polls } = this;
    if (polls === undefined) throw new Error("what Bun's event loop waits for is not known here");
    this.#resume ??= [];
    for (const listener of this.listeners()) {
      const resume = polls.pause(listener);
      this.#resume.push(() => void (this.listeners().includes(listener) && resume()));
    }
  }

  resume(): void {
    const all = this.#resume ?? [];
    this.#resume = undefined;
    for (const resume of all) resume();
  }
}
