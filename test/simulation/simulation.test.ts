// Real masters among slow, crashing and hanging workers. SIM_SEED=N repeats a run that failed.

import { expect, test } from "bun:test";
import { campaign, describeCampaign, randomSeed } from "./campaign.ts";

const STEPS = 50_000;
const SOLO_STEPS = 30_000;
const DEV_STEPS = 10_000;
const SHARED_STEPS = 20_000;

test("whatever goes wrong, no invariant is broken, and the server comes to rest", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, STEPS);
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(STEPS);
  // A simulation in which nothing happens would pass as well.
  expect(result.completed).toBeGreaterThan(37);
  expect(result.rejected).toBeGreaterThan(37);
  expect(result.crashes).toBeGreaterThan(15);
  expect(result.recycled).toBeGreaterThan(7);
  expect(result.forced).toBeGreaterThan(15);
  expect(result.stops).toBeGreaterThan(3);
  expect(result.takenOver).toBeGreaterThan(15);
  expect(result.notTakenOver).toBeGreaterThan(7);
  expect(result.queued).toBeGreaterThan(7);
  expect(result.refused).toBeGreaterThan(3);
  expect(result.notPerformed).toBeGreaterThan(7);
  expect(result.orphans).toBeGreaterThan(3);
  expect(result.answeredYes).toBeGreaterThan(22);
  expect(result.answeredNo).toBeGreaterThan(7);
  expect(result.diverted).toBeGreaterThan(1);
  expect(result.full).toBeGreaterThan(25);
  expect(result.allFull).toBeGreaterThan(7);
  expect(result.canariesPromoted).toBeGreaterThan(1);
  expect(result.canariesBack).toBeGreaterThan(1);
  expect(result.bakes).toBeGreaterThan(3);
  expect(result.verifications).toBeGreaterThan(7);
  expect(result.rollingsDone).toBeGreaterThan(3);
  expect(result.restartsDone).toBeGreaterThan(3);
  expect(result.led).toBeGreaterThan(15);
  expect(result.stalled).toBeGreaterThan(7);
  expect(result.gotOn).toBeGreaterThan(1);
  expect(result.hung).toBeGreaterThan(1);
  expect(result.worn).toBeGreaterThan(7);
}, 120_000);

test("the same holds where no two workers can listen on one address", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, SOLO_STEPS, { solo: true });
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(SOLO_STEPS);
  expect(result.completed).toBeGreaterThan(37);
  expect(result.rejected).toBeGreaterThan(37);
  expect(result.crashes).toBeGreaterThan(15);
  expect(result.recycled).toBe(0);
  expect(result.worn).toBe(0);
  expect(result.stalled).toBeGreaterThan(3);
  expect(result.answeredYes).toBeGreaterThan(7);
  expect(result.answeredNo).toBeGreaterThan(7);
  expect(result.stops).toBeGreaterThan(3);
}, 120_000);

test("the same holds for pounce dev, which has less patience, and waits after a failed start", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, DEV_STEPS, { isDev: true });
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(DEV_STEPS);
  expect(result.completed).toBeGreaterThan(7);
  expect(result.rejected).toBeGreaterThan(2);
  expect(result.forced).toBeGreaterThan(2);
  // USR2 is ignored.
  expect(result.takenOver).toBe(0);
}, 120_000);

test("the same holds where all workers share the listening sockets of the master", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, SHARED_STEPS, { isShared: true });
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(SHARED_STEPS);
  expect(result.completed).toBeGreaterThan(7);
  expect(result.rejected).toBeGreaterThan(7);
  expect(result.crashes).toBeGreaterThan(2);
  expect(result.stops).toBeGreaterThan(1);
  expect(result.takenOver).toBeGreaterThan(2);
  expect(result.full).toBeGreaterThan(7);
  expect(result.allFull).toBeGreaterThan(2);
  expect(result.worn).toBeGreaterThan(2);
}, 120_000);
