// Counts messages that could not be passed on, and says so: at once, then once a minute at most.
import type { Tell } from "../trouble.ts";

const TELL_EACH_MS = 60_000;

export class Lost {
  #count = 0;
  #isWaiting = false;

  /** @param why where they are not taken, as the end of a sentence */
  constructor(
    readonly tell: Tell,
    readonly why: string,
    readonly eachMs = TELL_EACH_MS,
  ) {}

  /** One more is lost. */
  note(): void {
    this.#count++;
    if (!this.#isWaiting) this.#say();
  }

  #say(): void {
    this.#isWaiting = this.#count > 0;
    if (!this.#isWaiting) return;
    const what = this.#count === 1 ? "a message was" : `${this.#count} messages were`;
    this.tell("publish-dropped", `${what} not published ${this.why}`);
    this.#count = 0;
    setTimeout(() => this.#say(), this.eachMs).unref();
  }
}
