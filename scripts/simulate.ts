// Runs masters in simulated worlds: `bun run simulate --seed N --steps M`, with `--solo` in worlds
// where each address has one listener at most, with `--shared` in those where all workers share
// listening sockets, with `--dev` in those of `pounce dev`.

import { parseArgs } from "node:util";
import { campaign, describeCampaign, randomSeed } from "../test/simulation/campaign.ts";
import { SimulationFailure } from "../test/simulation/simulation.ts";

const DEFAULT_STEPS = 1_000_000;

function wholeNumber(given: string | undefined, name: string, otherwise: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} takes a whole number, not ${given}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    steps: { type: "string" },
    solo: { type: "boolean", default: false },
    shared: { type: "boolean", default: false },
    dev: { type: "boolean", default: false },
  },
});
const seed = wholeNumber(values.seed, "seed", randomSeed());
const steps = wholeNumber(values.steps, "steps", DEFAULT_STEPS);

console.log(`seed ${seed}`);
try {
  const kind = { solo: values.solo, isShared: values.shared, isDev: values.dev };
  console.log(describeCampaign(campaign(seed, steps, kind)));
} catch (error) {
  if (!(error instanceof SimulationFailure)) throw error;
  console.error(error.message);
  process.exit(1);
}
