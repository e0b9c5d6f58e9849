// Seeded randomness: every choice of a load can be repeated from one printed number.

/** A source of numbers in [0, 1) (mulberry32) with the few shapes that a load needs. */
export class Random {
  #state: number;

  /** @param stream loads with one seed have as many independent sources as they have names */
  constructor(seed: number, stream = "") {
    this.#state = (seed ^ Bun.hash.crc32(stream)) >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index += 1) bytes[index] = this.next() * 256;
    return bytes;
  }
}
