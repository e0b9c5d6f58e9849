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
  expect(result.completed).toBeGreaterThan(150);
  expect(result.rejected).toBeGreaterThan(150);
  expect(result.crashes).toBeGreaterThan(60);
  expect(result.recycled).toBeGreaterThan(30);
  expect(result.forced).toBeGreaterThan(60);
  expect(result.stops).toBeGreaterThan(15);
  expect(result.takenOver).toBeGreaterThan(60);
  expect(result.notTakenOver).toBeGreaterThan(30);
  expect(result.givenUp).toBeGreaterThan(0);
  expect(result.late).toBeGreaterThan(0);
  expect(result.queued).toBeGreaterThan(30);
  expect(result.refused).toBeGreaterThan(15);
  expect(result.steersAgain).toBeGreaterThan(3);
  expect(result.notPerformed).toBeGreaterThan(30);
  expect(result.orphans).toBeGreaterThan(15);
  expect(result.answeredYes).toBeGreaterThan(90);
  expect(result.answeredNo).toBeGreaterThan(30);
  expect(result.diverted).toBeGreaterThan(6);
  expect(result.full).toBeGreaterThan(100);
  expect(result.allFull).toBeGreaterThan(30);
  expect(result.canariesPromoted).toBeGreaterThan(5);
  expect(result.canariesBack).toBeGreaterThan(5);
  expect(result.bakes).toBeGreaterThan(15);
  expect(result.bakesBack).toBeGreaterThan(1);
  expect(result.verifications).toBeGreaterThan(30);
  expect(result.rollingsDone).toBeGreaterThan(15);
  expect(result.restartsDone).toBeGreaterThan(15);
  expect(result.crashesInRolling).toBeGreaterThan(0);
  expect(result.crashesInRestart).toBeGreaterThan(2);
  expect(result.led).toBeGreaterThan(60);
  expect(result.stalled).toBeGreaterThan(30);
  expect(result.gotOn).toBeGreaterThan(5);
  expect(result.hung).toBeGreaterThan(5);
  expect(result.worn).toBeGreaterThan(30);
  expect(result.newLostInRecycling).toBeGreaterThan(1);
  expect(result.oldLostInRecycling).toBeGreaterThan(1);
}, 120_000);

test("the same holds where no two workers can listen on one address", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, SOLO_STEPS, { solo: true });
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(SOLO_STEPS);
  expect(result.completed).toBeGreaterThan(150);
  expect(result.rejected).toBeGreaterThan(150);
  expect(result.crashes).toBeGreaterThan(60);
  expect(result.recycled).toBe(0);
  expect(result.worn).toBe(0);
  expect(result.stalled).toBeGreaterThan(15);
  expect(result.hung).toBeGreaterThan(3);
  expect(result.answeredYes).toBeGreaterThan(30);
  expect(result.answeredNo).toBeGreaterThan(30);
  expect(result.stops).toBeGreaterThan(15);
}, 120_000);

test("the same holds for pounce dev, which has less patience, and waits after a failed start", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, DEV_STEPS, { isDev: true });
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(DEV_STEPS);
  expect(result.completed).toBeGreaterThan(30);
  expect(result.rejected).toBeGreaterThan(10);
  expect(result.forced).toBeGreaterThan(10);
  expect(result.worn).toBeGreaterThan(3);
  // USR2 is ignored.
  expect(result.takenOver).toBe(0);
}, 120_000);

test("the same holds where all workers share the listening sockets of the master", () => {
  const seed = Number(process.env["SIM_SEED"] ?? randomSeed());
  console.log(`simulation seed ${seed}`);
  const result = campaign(seed, SHARED_STEPS, { isShared: true });
  console.log(describeCampaign(result));
  expect(result.steps).toBeGreaterThanOrEqual(SHARED_STEPS);
  expect(result.completed).toBeGreaterThan(30);
  expect(result.rejected).toBeGreaterThan(30);
  expect(result.crashes).toBeGreaterThan(10);
  expect(result.stops).toBeGreaterThan(5);
  expect(result.takenOver).toBeGreaterThan(10);
  expect(result.full).toBeGreaterThan(30);
  expect(result.allFull).toBeGreaterThan(10);
  expect(result.stalled).toBeGreaterThan(3);
  expect(result.worn).toBeGreaterThan(8);
}, 120_000);
