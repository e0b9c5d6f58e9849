// One run of the simulator: a world made from a seed, the control loop in it, checkers that watch.
//
// First everything goes wrong that can; then faults stop, the last version is written and asked
// for, and the server must come to rest with it; then it is stopped, and must end.

import { step as realStep } from "../../src/core/step.ts";
import { allCheckers, soloCheckers } from "./checkers/all.ts";
import { Violation, type Checker } from "./checkers/checker.ts";
import { Loop, type StepFunction } from "./loop.ts";
import type { Tally } from "./tally.ts";
import { askForHandover, askForReload, meddle, scale, stop } from "./world/outside.ts";
import { World } from "./world/world.ts";

export interface Options {
  /** Steps while things go wrong; coming to rest takes a few more. */
  readonly steps: number;
  /** In a world where each address has one listener at most. */
  readonly solo?: boolean;
  readonly step?: StepFunction;
  readonly checkers?: readonly Checker[];
}

/** An invariant was broken, or the control loop threw. */
export class SimulationFailure extends Error {}

/** How long it may take to come to rest: far longer than any timeout and backoff together. */
const PATIENCE_MS = 3_600_000;

/** Throws a SimulationFailure with the seed and what happened last. */
export function simulate(seed: number, options: Options): Tally {
  const { step = realStep, solo = false } = options;
  const { checkers = solo ? soloCheckers() : allCheckers() } = options;
  const loop = new Loop(new World(seed, solo), step, checkers);
  try {
    live(loop, options.steps);
  } catch (error) {
    const why = error instanceof Violation ? error.message : String((error as Error).stack);
    const where = `seed ${seed}, step ${loop.tally.steps}`;
    throw new SimulationFailure(`${where}: ${why}\n${loop.trace}`, { cause: error });
  }
  return loop.tally;
}

function live(loop: Loop, steps: number): void {
  const { world } = loop;
  const { stopAtStep = Infinity, refuseAtStep = Infinity } = world.profile;
  loop.take({ type: "tick" });
  meddle(world);
  while (loop.tally.steps < Math.min(steps, stopAtStep) && !loop.state.exited) {
    if (loop.tally.steps >= refuseAtStep) world.kernel.steerable = false;
    loop.advance();
  }
  if (stopAtStep === Infinity) comeToRest(loop);
  if (loop.state.exited) {
    // Nobody has stopped it: its start has failed.
    checkEnd(loop, 1);
    return;
  }
  loop.tally.stops += 1;
  stop(world);
  untilNothingHappens(loop);
  checkEnd(loop, loop.state.exitCode);
}

function comeToRest(loop: Loop): void {
  const { world } = loop;
  world.faulty = false;
  world.kernel.taken.clear();
  world.write();
  world.add(0, "outside", () => ({ type: "reload-requested", by: "SIGHUP" }));
  if (world.random.chance(0.5)) askForReload(world);
  if (world.random.chance(0.5)) askForHandover(world);
  untilNothingHappens(loop);
  if (loop.state.exited) return;
  for (const checker of loop.checkers) checker.calm(world, loop.state);
  if (world.random.chance(0.5)) askForHandover(world);
  untilNothingHappens(loop);
  for (const checker of loop.checkers) checker.calm(world, loop.state);
  // With nothing under way, what was refused for a moment is tried again.
  world.add(0, "outside", () => ({ type: "reload-requested", by: "SIGHUP" }));
  untilNothingHappens(loop);
  for (const checker of loop.checkers) checker.rested(world, loop.state);
  scale(world, world.random.integer(1, 4));
  untilNothingHappens(loop);
  for (const checker of loop.checkers) checker.calm(world, loop.state);
}

function untilNothingHappens(loop: Loop): void {
  const untilMs = loop.world.nowMs + PATIENCE_MS;
  while (!loop.state.exited && loop.advance()) {
    if (loop.world.nowMs > untilMs) throw new Violation("end", "it does not come to rest");
  }
}

function checkEnd({ world, state, checkers }: Loop, code: 0 | 1): void {
  const { exitCode } = world;
  if (exitCode !== code) throw new Violation("end", `exit code ${exitCode}, not ${code}`);
  for (const checker of checkers) checker.ended(world, state);
}
