// Closes WebSockets with a close frame: all at once, or one after another.
import { type CloseFrame, type Farewell, farewellMs, GOING_AWAY } from "../../core/farewell.ts";
import type { Closable } from "../movable/closable.ts";
import { onceSent } from "./backlog.ts";
import { Turns } from "./turns.ts";

export class Farewells {
  #frame: CloseFrame | undefined;
  #isPaced = false;
  #turns = new Turns<Closable>(0, 0, 0);
  #nextTurn: Timer | undefined;

  constructor(readonly isOpen: (one: Closable) => boolean) {}

  /** What the close frames say; undefined: nobody is to be closed. */
  get frame(): CloseFrame | undefined {
    return this.#frame;
  }

  /**
   * From now on, those that are closed hear this. The latest word counts, but a stop is for good.
   * @param count how many are open
   * @param timeoutMs within which all have to go
   */
  say({ frame, isPaced }: Farewell, count: number, timeoutMs: number): void {
    if (this.#frame?.code !== GOING_AWAY) this.#frame = frame;
    this.#isPaced = isPaced;
    this.sayAgain(count, timeoutMs);
  }

  /** How long after one another those are closed for whom it was said. */
  get eachMs(): number {
    return this.#turns.eachMs;
  }

  /** The same, for those that are open now. */
  sayAgain(count: number, timeoutMs: number): void {
    const overMs = this.#isPaced ? farewellMs(count, timeoutMs) : 0;
    this.#turns = new Turns(count, overMs, performance.now());
  }

  /** Closes these, each as soon as it is its turn, and all that was sent to it has gone. */
  close(several: readonly Closable[]): void {
    const nowMs = performance.now();
    // Who was added last is first.
    for (const one of several.toReversed()) this.#turns.add(one, nowMs);
    this.#takeTurns();
  }

  #takeTurns(): void {
    clearTimeout(this.#nextTurn);
    const nowMs = performance.now();
    for (const one of this.#turns.take(nowMs, this.isOpen)) this.#close(one);
    const { nextMs } = this.#turns;
    if (nextMs === undefined) return;
    this.#nextTurn = setTimeout(() => this.#takeTurns(), Math.max(1, nextMs - nowMs));
    this.#nextTurn.unref();
  }

  #close(one: Closable): void {
    onceSent(
      () => one.getBufferedAmount?.() ?? 0,
      () => {
        if (this.#frame !== undefined) one.close(this.#frame.code, this.#frame.reason);
      },
    );
  }
}
