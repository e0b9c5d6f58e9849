// How long something is waited for. The app may hold up the event loop meanwhile, and with it what
// is waited for: so it is some turns of the loop as well.

const LEAST_TURNS = 50;

export class Patience {
  readonly #untilMs: number;
  #turns = 0;

  constructor(ms: number) {
    this.#untilMs = performance.now() + ms;
  }

  /** Call it once in each turn. */
  get isOver(): boolean {
    return ++this.#turns > LEAST_TURNS && performance.now() > this.#untilMs;
  }
}
