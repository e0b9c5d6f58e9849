// Many runs of the simulator, one seed after the other, until enough steps have been taken.

import { simulate } from "./simulation.ts";
import { newTally, type Tally } from "./tally.ts";

/**
 * Steps of each run while things go wrong. It never varies, so that a seed alone repeats its run.
 */
const STEPS_A_SEED = 700;

interface Campaign extends Tally {
  readonly seeds: number;
}

/**
 * Throws a SimulationFailure at the first run that fails.
 * @param kind of worlds: where each address has at most one listener, or all workers share the
 *   listening sockets of the master, or of `pounce dev`
 */
export function campaign(
  baseSeed: number,
  steps: number,
  kind: { readonly solo?: boolean; readonly isDev?: boolean; readonly isShared?: boolean } = {},
): Campaign {
  const total = newTally();
  let seeds = 0;
  while (total.steps < steps) {
    const tally = simulate((baseSeed + seeds) | 0, { steps: STEPS_A_SEED, ...kind });
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    seeds += 1;
  }
  return { seeds, ...total };
}

export function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

export function describeCampaign(result: Campaign): string {
  return [
    `${result.steps} steps over ${result.seeds} seeds`,
    `${result.completed} reloads completed, ${result.rejected} rejected`,
    `${result.crashes} crashes`,
    `${result.forced} workers forced, ${result.recycled} recycled`,
    `${result.stops} stops`,
    `${result.refused} refused programs, ${result.steersAgain} times steered again`,
    `${result.notPerformed} configurations and workers not to be had`,
    `${result.takenOver} handovers, ${result.notTakenOver} failed, ${result.givenUp} given up, ` +
      `${result.late} late, ${result.otherProtocol} of another protocol, ${result.queued} queued, ` +
      `${result.orphans} orphans`,
    `${result.answeredYes} commands told yes, ${result.answeredNo} no`,
    `${result.diverted} groups diverted`,
    `${result.full} workers full, ${result.allFull} times all`,
    `${result.canaries} canaries: ${result.canariesPromoted} promoted, ${result.canariesBack} not`,
    `${result.bakes} bakes, ${result.bakesBack} rolled back`,
    `${result.verifications} verifications`,
    `${result.rollings} rolling, ${result.rollingsDone} completed`,
    `${result.restarts} restarts, ${result.restartsDone} completed`,
    `crashes: ${result.crashesInCanary} in a canary, ${result.crashesInVerify} in a verification, ` +
      `${result.crashesInBake} in a bake, ${result.crashesInStandby} of them in standby, ` +
      `${result.crashesInRolling} in rolling, ${result.crashesInRestart} in a restart`,
    `${result.stalled} workers hung, ${result.gotOn} got on, ${result.hung} were ended; ` +
      `${result.stalledInTrial} in a trial, ${result.stalledInRollout} in another rollout, ` +
      `${result.stalledInStandby} in standby, ${result.stalledInDrain} in a drain, ` +
      `${result.stalledInHandover} in a handover, ${result.allStalled} times all that served`,
    `${result.worn} worn workers recycled; meanwhile ${result.newLostInRecycling} new ones lost, ` +
      `${result.oldLostInRecycling} old ones`,
    `${result.led} leaders, ${result.silent} silent`,
  ].join(" · ");
}
