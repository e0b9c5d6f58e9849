// Random numbers that one seed decides, so that every run of the simulator can be repeated.

export class Random {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #counter = 1;

  /** @param seed 32 bits are used. */
  constructor(seed: number) {
    this.#a = seed | 0;
    for (let round = 0; round < 12; round++) this.#next();
  }

  /** sfc32 by Chris Doty-Humphrey: small, fast, and good enough to choose faults with. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** At least 0, less than 1. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** A whole number, both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("nothing to pick from");
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** A waiting time of which most are short and a few are long. */
  wait(meanMs: number): number {
    return Math.round(-Math.log(1 - this.fraction()) * meanMs);
  }
}
