// One run of the simulator: a world made from a seed, a real master in it, and checkers that watch.
//
// First, everything goes wrong that can. Then faults stop, the last version is written and
// requested, and the server must come to rest with it. Then it is stopped, and must end.

import { nextDeadline } from "../../src/core/rules/deadlines.ts";
import { step as realStep } from "../../src/core/step.ts";
import { Bench, type StepFunction } from "./bench.ts";
import { checkersFor } from "./checkers/all.ts";
import type { Checker } from "./checkers/checker.ts";
import type { Tally } from "./tally.ts";
import { askForHandover, askForReload, connect, meddle, scale, stop } from "./world/outside.ts";
import type { Profile } from "./world/profile.ts";
import { Violation } from "./violation.ts";

interface Options {
  /** Steps while things go wrong; coming to rest takes a few more. */
  readonly steps: number;
  /** In a world where each address has one listener at most. */
  readonly solo?: boolean;
  /** It serves the person who writes the app: `pounce dev`. */
  readonly isDev?: boolean;
  /** All workers share the listening sockets of the master. */
  readonly isShared?: boolean;
  /** What the seed does not decide. */
  readonly profile?: Partial<Profile>;
  readonly step?: StepFunction;
  readonly checkers?: readonly Checker[];
}

/** An invariant was broken, or the control loop threw. */
export class SimulationFailure extends Error {}

/** How long it may take to come to rest: far longer than any timeout and backoff together. */
const PATIENCE_MS = 3_600_000;

/** How long things go wrong, at the most. */
const MOST_MS = 100_000_000;

/** Throws a SimulationFailure with the seed and what happened last. */
export function simulate(seed: number, options: Options): Tally {
  const { step = realStep, solo = false, isDev = false, isShared = false, profile = {} } = options;
  const { checkers = checkersFor({ solo, isShared }) } = options;
  const bench = new Bench(seed, { solo, isDev, isShared, profile }, step, checkers);
  try {
    live(bench, options.steps);
  } catch (error) {
    const why = error instanceof Violation ? error.message : String((error as Error).stack);
    const where = `seed ${seed}, step ${bench.tally.steps}`;
    throw new SimulationFailure(`${where}: ${why}\n${bench.trace}`, { cause: error });
  }
  return bench.tally;
}

function live(bench: Bench, steps: number): void {
  const { world, users } = bench;
  const { stopAtStep = Infinity, refuseAtStep = Infinity } = world.profile;
  bench.server.start();
  meddle(world, users);
  while (bench.tally.steps < Math.min(steps, stopAtStep) && !bench.hasEnded) {
    if (bench.tally.steps >= refuseAtStep) world.kernel.steerable = false;
    if (!world.happen()) break;
    if (world.nowMs > MOST_MS) throw new Violation("end", "hardly anything happens");
  }
  if (stopAtStep === Infinity && !bench.hasEnded) comeToRest(bench);

  // Nobody has stopped it: its start has failed.
  if (bench.hasEnded) return checkEnd(bench, 1);
  bench.tally.stops += 1;
  stop(world, users);
  if (world.isShared) comeAtOnce(bench);
  untilNothingHappens(bench);
  checkEnd(bench, bench.state.exitCode);
}

/** Clients come, more than there may be room for. */
function comeAtOnce({ world }: Bench): void {
  for (let client = 0; client < 10; client++) {
    world.add(world.random.wait(500), "outside", () => connect(world));
  }
}

function comeToRest(bench: Bench): void {
  const { world, users } = bench;
  world.faulty = false;
  world.kernel.taken.clear();
  world.write();
  world.add(0, "outside", () => users.signal("SIGHUP"));
  if (world.random.chance(0.5)) askForReload(world, users);
  if (world.random.chance(0.5)) askForHandover(world, users);
  untilNothingHappens(bench);
  if (bench.hasEnded) return;
  beCalm(bench);
  comeAtOnce(bench);
  if (world.random.chance(0.5)) askForHandover(world, users);
  untilNothingHappens(bench);
  beCalm(bench);
  // When nothing is in progress, whatever was refused for a moment is tried again.
  world.add(0, "outside", () => users.signal("SIGHUP"));
  untilNothingHappens(bench);
  for (const checker of bench.checkers) checker.rested(world, bench.state, bench.server);
  if (world.profile.recycles) recycle(bench);
  const wished = world.random.integer(1, 4);
  if (world.random.chance(0.5)) scale(world, users, wished);
  else world.add(0, "outside", () => users.scale(wished));
  untilNothingHappens(bench);
  beCalm(bench);
}

/** Those that have reached a limit are replaced, one after the other. */
function recycle(bench: Bench): void {
  const { world, users } = bench;
  world.add(world.random.pick([2000, 5000]), "outside", () => users.measure());
  untilNothingHappens(bench);
  beCalm(bench);
}

function beCalm({ checkers, world, state, server, users }: Bench): void {
  for (const checker of checkers) checker.calm(world, state, server);
  users.checkAnswered();
}

function untilNothingHappens(bench: Bench): void {
  const { world } = bench;
  const untilMs = world.nowMs + PATIENCE_MS;
  while (!bench.hasEnded && !rests(bench) && world.happen()) {
    if (world.nowMs > untilMs) throw new Violation("end", "it does not come to rest");
  }
}

/** Nothing is going to happen, but that the leader asks for more time and gets it. */
function rests({ world, state }: Bench): boolean {
  const { leader } = state;
  const { due } = world;
  if (leader?.name !== "leading" || world.worker(leader.worker).hangs) return false;
  // The master waits for the end of the lease.
  if (due.outside + due.world > 0 || due.timer > 1) return false;
  return nextDeadline({ ...state, leader: undefined }) === undefined;
}

function checkEnd(
  { world, state, checkers, exitCode, isLost, server, users }: Bench,
  code: 0 | 1,
): void {
  if (isLost) return;
  if (exitCode !== code) throw new Violation("end", `exit code ${exitCode}, not ${code}`);
  for (const checker of checkers) checker.ended(world, state, server);
  users.checkAnswered();
  if (world.violation !== undefined) throw world.violation;
}
