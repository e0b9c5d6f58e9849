// The seed of the randomness of this test run, printed so that the run can be repeated.

/** The seed of this run. `TEST_SEED=123 bun test` repeats the run that printed 123. */
export const runSeed = seedFromEnvironment() ?? Math.floor(Math.random() * 2 ** 31);
console.log(`test seed ${runSeed} (TEST_SEED=${runSeed} repeats this run)`);

function seedFromEnvironment(): number | undefined {
  const given = process.env["TEST_SEED"];
  if (given === undefined) return undefined;
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new Error(`TEST_SEED must be an integer, not "${given}"`);
  return seed;
}
