// What kind of world a seed makes: how fast things go, how much goes wrong, and when.

import type { Strategy } from "../../../src/core/settings.ts";
import type { Random } from "./random.ts";

export interface Profile {
  /** The mean delay of a message. */
  readonly latencyMs: number;
  /** The mean time between two things that come from outside. */
  readonly pauseMs: number;
  /** How many connections a worker has at the most, until it has looked. */
  readonly mostConnections: number;
  /** How likely each thing that can go wrong is. */
  readonly faultRate: number;
  /** Generation 0 comes up without faults. */
  readonly cleanStart: boolean;
  /** The step from which on the kernel refuses steering; `undefined`: it does not. */
  readonly refuseAtStep: number | undefined;
  /** How likely the kernel refuses a program at a moment; a while later it takes them again. */
  readonly refusalRate: number;
  /** How likely the kernel refuses to have a listener drop new handshakes. */
  readonly filterRefusalRate: number;
  /** The step at which somebody stops the server; `undefined`: not while things go wrong. */
  readonly stopAtStep: number | undefined;
  /** Loops are blocked at any time, and not only when a worker was born for it. */
  readonly hangs: boolean;
  /** Workers are replaced at times although they are well. */
  readonly recycles: boolean;
  /** How new generations take over, mostly; `undefined`: the configuration says nothing of it. */
  readonly strategy: Strategy | undefined;
}

export function randomProfile(random: Random): Profile {
  const strategy = random.pick<Strategy | undefined>([
    undefined,
    undefined,
    "all",
    "all",
    "all",
    "rolling",
    "restart",
  ]);
  const recycles = random.chance(0.3);
  const isCalm = strategy === "all" || recycles;
  return {
    latencyMs: random.pick([0, 1, 5, 50, 300]),
    pauseMs: random.pick(isCalm ? [50, 500, 3000] : [5, 50, 500, 3000]),
    faultRate: random.pick([0, 0.02, 0.08, 0.25]),
    cleanStart: random.chance(0.85),
    refuseAtStep: random.chance(0.2) ? random.pick([0, random.integer(0, 200)]) : undefined,
    refusalRate: random.pick([0, 0, 0.02, 0.2]),
    filterRefusalRate: random.pick([0, 0, 0, 1, 0.3]),
    mostConnections: random.pick([Infinity, Infinity, 1, 2, 6]),
    stopAtStep: random.chance(0.3) ? random.integer(0, 300) : undefined,
    hangs: random.chance(0.4),
    recycles,
    strategy,
  };
}
