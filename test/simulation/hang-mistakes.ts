// Masters that make a mistake about workers that hang.

import { step } from "../../src/core/step.ts";
import { Progress } from "../../src/master/workers/progress.ts";
import type { StepFunction } from "./bench.ts";
import { instead } from "./broken-shell.ts";
import { deafTo } from "./broken-step.ts";
import { servingReady } from "./checkers/checker.ts";
import { HangChecker } from "./checkers/hang.ts";
import { PatienceChecker } from "./checkers/patience.ts";
import type { Mistake } from "./mistake.ts";

/** Worlds in which workers hang all the time. */
const HANGING = { hangs: true, faultRate: 0.08 } as const;

/** In these there is time for trials and handovers, too. */
const CALM = { ...HANGING, strategy: "all", pauseMs: 500, latencyMs: 5 } as const;

/** What it hears of a worker that hangs is about so long a time. */
const hearsOf =
  (forMs: number): StepFunction =>
  (state, event, nowMs) =>
    step(state, event.type === "worker-stalled" ? { ...event, forMs } : event, nowMs);

/** When the last of them hangs, it gets all that comes. */
const leavesTheLast: StepFunction = (state, event, nowMs) => {
  const given = step(state, event, nowMs);
  if (event.type !== "worker-stalled") return given;
  const ready = servingReady(given.state).map((id) => given.state.workers.get(id));
  if (ready.length < 2 || !ready.every((worker) => worker?.isStalled === true)) return given;
  const { groups } = state;
  const others = given.effects.filter(({ type }) => type !== "steer");
  return { state: { ...given.state, groups }, effects: others };
};

/** Each hang is a crash, also one that ends. */
const countsEach: StepFunction = (state, event, nowMs) => {
  const given = step(state, event, nowMs);
  if (event.type !== "worker-stalled") return given;
  const { respawn } = given.state;
  const crashesMs = [...respawn.crashesMs, nowMs];
  return { ...given, state: { ...given.state, respawn: { ...respawn, crashesMs } } };
};

/** In a canary nobody is steered around. */
const trustsTheCanary: StepFunction = (state, event, nowMs) => {
  const { rollout } = state;
  const isOfIt =
    event.type === "worker-stalled" &&
    rollout.name === "canary" &&
    state.workers.get(event.worker)?.generation === rollout.generation;
  return step(state, isOfIt ? { type: "tick" } : event, nowMs);
};

/** A new master knows nothing of what the old one has seen. */
const forgetsTheHung: StepFunction = (state, event, nowMs) =>
  step(state, event.type === "takeover-granted" ? { ...event, stalled: [] } : event, nowMs);

/** By what is wrong with each. */
export const hangMistakes: Readonly<Record<string, Mistake>> = {
  "hung worker that gets its share of connections": {
    checker: () => new HangChecker(),
    step: deafTo((event) => event.type === "worker-stalled"),
  },
  "hung worker of a canary that gets its share": {
    profile: CALM,
    checker: () => new HangChecker(),
    step: trustsTheCanary,
  },
  "hung worker that nobody sees": {
    profile: HANGING,
    checker: () => new HangChecker(),
    shell: instead(Progress, "look", () => () => 0),
  },
  "worker that gets on again, and gets nothing": {
    profile: HANGING,
    checker: () => new HangChecker(),
    step: deafTo((event) => event.type === "worker-got-on"),
  },
  "server of which all hang, whose last worker gets everything": {
    profile: HANGING,
    checker: () => new HangChecker(),
    step: leavesTheLast,
  },
  "hung worker that is waited for": {
    checker: () => new HangChecker(),
    step: hearsOf(400),
  },
  "hung worker that has no time to get on": {
    checker: () => new PatienceChecker(),
    step: hearsOf(Infinity),
  },
  "hang that ends, and counts as a crash": {
    checker: () => new HangChecker(),
    step: countsEach,
  },
  "hang that is forgotten in a handover": {
    profile: CALM,
    checker: () => new HangChecker(),
    step: forgetsTheHung,
  },
};
