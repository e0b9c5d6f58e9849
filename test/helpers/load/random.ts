// Seeded randomness: every choice a test makes can be repeated from one printed number.

/** The seed of this run. `TEST_SEED=123 bun test` repeats the run that printed 123. */
export const runSeed = seedFromEnvironment() ?? Math.floor(Math.random() * 2 ** 31);
console.log(`test seed ${runSeed} (TEST_SEED=${runSeed} repeats this run)`);

/** A source of numbers in [0, 1) (mulberry32) with the few shapes that the load needs. */
export class Random {
  #state: number;

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

function seedFromEnvironment(): number | undefined {
  const given = process.env["TEST_SEED"];
  if (given === undefined) return undefined;
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new Error(`TEST_SEED must be an integer, not "${given}"`);
  return seed;
}
