// The control loop among slow, crashing and hanging workers. SIM_SEED=N repeats a run that failed.

import { expect, test } from "bun:test";
import { campaign, describeCampaign, randomSeed } from "./campaign.ts";

const STEPS = 200_000;
const SOLO_STEPS = 100_000;

test("whatever goes wrong, no invariant is broken, and the server comes to rest", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, STEPS);
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(STEPS);
  // A simulation in which nothing happens would pass as well.
  expect(result.completed).toBeGreaterThan(500);
  expect(result.rejected).toBeGreaterThan(500);
  expect(result.crashes).toBeGreaterThan(200);
  expect(result.recycled).toBeGreaterThan(100);
  expect(result.forced).toBeGreaterThan(200);
  expect(result.stops).toBeGreaterThan(50);
  expect(result.takenOver).toBeGreaterThan(200);
  expect(result.notTakenOver).toBeGreaterThan(100);
  expect(result.givenUp).toBeGreaterThan(10);
  expect(result.late).toBeGreaterThan(3);
  expect(result.otherProtocol).toBeGreaterThan(3);
  expect(result.queued).toBeGreaterThan(100);
  expect(result.refused).toBeGreaterThan(50);
  expect(result.steersAgain).toBeGreaterThan(10);
  expect(result.notPerformed).toBeGreaterThan(100);
  expect(result.orphans).toBeGreaterThan(50);
  expect(result.answeredYes).toBeGreaterThan(300);
  expect(result.answeredNo).toBeGreaterThan(100);
  expect(result.diverted).toBeGreaterThan(20);
}, 120_000);

test("the same holds where no two workers can listen on one address", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, SOLO_STEPS, true);
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(SOLO_STEPS);
  expect(result.completed).toBeGreaterThan(500);
  expect(result.rejected).toBeGreaterThan(500);
  expect(result.crashes).toBeGreaterThan(200);
  expect(result.recycled).toBe(0);
  expect(result.answeredYes).toBeGreaterThan(100);
  expect(result.answeredNo).toBeGreaterThan(100);
  expect(result.stops).toBeGreaterThan(50);
}, 120_000);
