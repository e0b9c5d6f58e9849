// Control loops with one mistake each in how new generations are tried, to prove that the checkers
// see it.

import type { Effect } from "../../src/core/effects.ts";
import type { AcceptGroup, State, Worker } from "../../src/core/state.ts";
import { canaryOf, isSteered } from "../../src/core/predicates.ts";
import { step } from "../../src/core/step.ts";
import type { Comparison, Figures } from "../../src/core/figures.ts";
import type { StepFunction } from "./bench.ts";
import { after, deafTo, replacing, without } from "./broken-step.ts";
import { AnswersChecker } from "./checkers/answers.ts";
import { ProvenChecker } from "./checkers/proven.ts";
import { ReachChecker } from "./checkers/reach.ts";
import { ReceiptsChecker } from "./checkers/receipts.ts";
import { ReloadsChecker } from "./checkers/reloads.ts";
import { StrategiesChecker } from "./checkers/strategies.ts";
import { TrialsChecker } from "./checkers/trials.ts";
import type { Mistake } from "./mistake.ts";

/** The parts of a program change places. */
const withOtherShares = replacing((effect) => {
  if (effect.type !== "steer" || effect.program === undefined) return effect;
  if (!("parts" in effect.program) || "by" in effect.program) return effect;
  const weights = effect.program.parts.map(({ weight }) => weight).toReversed();
  const parts = effect.program.parts.map(({ indexes }, at) => ({
    weight: weights[at] ?? 1,
    indexes,
  }));
  return { ...effect, program: { parts } };
});

/** What the control loop hears of the errors of a new generation is wrong. */
function mishearing(errorsOf: (fresh: Figures) => number): StepFunction {
  return (state, event, nowMs) => {
    if (event.type !== "measured" || event.comparison === undefined) {
      return step(state, event, nowMs);
    }
    const { whole, recent } = event.comparison;
    const [long, short] = [whole.fresh, recent.fresh];
    const comparison: Comparison = {
      whole: { ...whole, fresh: { ...long, errors: errorsOf(long) } },
      recent: { ...recent, fresh: { ...short, errors: errorsOf(short) } },
    };
    return step(state, { ...event, comparison }, nowMs);
  };
}

const isBaking = (state: State): boolean => state.bake !== undefined;

const wasInStandby = (before: State, effect: Effect): boolean =>
  effect.type === "drain" && before.workers.get(effect.worker)?.phase.name === "standby";

const drainOf = ({ id }: Pick<Worker, "id">): Effect => ({
  type: "drain",
  worker: id,
  reason: "reload",
  timeoutMs: 0,
  closeIdle: false,
});

/** Whoever is told to be in standby drains as well. */
const drainsTheStandby = after(({ effects }) => ({
  effects: effects.flatMap((effect) =>
    effect.type === "standby" && effect.isOn ? [effect, drainOf({ id: effect.worker })] : [effect],
  ),
}));

/** On the way back a worker is loaded. */
const loadsOnTheWayBack = after(({ state, effects }, before) => {
  const { serving } = state;
  if (serving === undefined || before.bake?.standby !== serving) return {};
  const ready = [...state.workers.values()].find(
    ({ generation, phase }) => generation === serving && phase.name === "ready",
  );
  if (ready === undefined) return {};
  const { slot } = ready;
  const spawn = { type: "spawn", worker: state.nextWorker, generation: serving, slot } as const;
  return { effects: [...effects, spawn] };
});

/** In a canary nobody asks the operator's command again. */
const looksOnce = after(({ state }) => {
  const canary = canaryOf(state);
  if (canary === undefined || canary.verify.name !== "due") return {};
  return { state: { ...state, rollout: { ...canary, verify: { name: "none" } as const } } };
});

const endsTheCanaryEarly = after(({ state }) => {
  const canary = canaryOf(state);
  if (canary === undefined) return {};
  return { state: { ...state, rollout: { ...canary, trial: { ...canary.trial, untilMs: 0 } } } };
});

/** A canary goes on when the kernel refuses steering. */
const goesOnUnsteered = after(({ state }, before) => {
  const canary = canaryOf(before);
  if (canary === undefined || canaryOf(state) !== undefined || isSteered(state)) return {};
  return { state: { ...before, sharing: state.sharing }, effects: [] };
});

/** Nobody waits for the workers of a generation that is rolled back. */
const endsWhenUndone = after(({ state, effects }) => {
  const undone = effects.find((effect) => effect.type === "reload-undone");
  if (undone === undefined) return {};
  const { generation, reason } = undone;
  const ended: Effect = {
    type: "reload-ended",
    generation,
    outcome: "rolled-back",
    reason,
    workers: 0,
  };
  const of = state.generations.get(generation);
  if (of?.open !== true) return {};
  const generations = new Map(state.generations).set(generation, { ...of, open: false });
  return { state: { ...state, generations }, effects: [...effects, ended] };
});

/** All workers of a new generation are started at once. */
const surges = after(({ state }) => {
  const { rollout } = state;
  if (rollout.name !== "filling" || rollout.rolling === undefined) return {};
  const rolling = { ...rollout.rolling, most: 99 };
  return { state: { ...state, rollout: { ...rollout, rolling } } };
});

/** The old workers go when the first new one starts. */
const letsAllGo = after(({ state }) => {
  const { rollout, serving } = state;
  if (rollout.name !== "filling" || rollout.rolling === undefined || serving === undefined) {
    return {};
  }
  const old = state.generations.get(serving);
  if (old === undefined) return {};
  const generations = new Map(state.generations).set(serving, { ...old, target: 0 });
  return { state: { ...state, generations } };
});

/** The new generation starts beside the old one. */
const startsBeside: StepFunction = (state, event, nowMs) => {
  if (event.type !== "config-loaded") return step(state, event, nowMs);
  const { rollout } = event.settings;
  if (rollout?.strategy !== "restart") return step(state, event, nowMs);
  const given = step({ ...state, serving: undefined }, event, nowMs);
  return { ...given, state: { ...given.state, serving: state.serving } };
};

/** A rollback gets its answer, and nothing else. */
function onlyAnswers(isOk: boolean): StepFunction {
  return (state, event, nowMs) => {
    const isRollback = event.type === "rollback-requested" && state.stop.name === "none";
    if (!isRollback || event.id === undefined || state.exited) return step(state, event, nowMs);
    const given = step(state, { type: "tick" }, nowMs);
    const { serving = 0 } = state;
    const { id } = event;
    const answer: Effect = isOk
      ? { type: "answer", id, ok: true, generation: serving }
      : { type: "answer", id, ok: false, reason: "no" };
    return { ...given, effects: [...given.effects, answer] };
  };
}

const startsCold = replacing((effect) => {
  if (effect.type !== "spawn") return effect;
  const { warmsUpFirst: _, ...spawn } = effect;
  return spawn;
});

const hasBridge = ({ groups }: State, address: string): boolean =>
  groups.get(address)?.bridge !== undefined;

/** There is a listener that drops what comes, and nothing is steered to it. */
const forgetsTheBridge = after(({ state, effects }) => ({
  effects: effects.map((effect) =>
    effect.type === "steer" && hasBridge(state, effect.address)
      ? { ...effect, program: undefined }
      : effect,
  ),
}));

/** It goes with the worker that had it. */
const closesTheBridge: StepFunction = (state, event, nowMs) => {
  const groups = new Map<string, AcceptGroup>();
  for (const [address, group] of state.groups) {
    groups.set(address, { ...group, bridge: undefined });
  }
  return step({ ...state, groups }, event, nowMs);
};

const proven = (): ProvenChecker => new ProvenChecker();
const trials = (): TrialsChecker => new TrialsChecker();
const strategies = (): StrategiesChecker => new StrategiesChecker();

/** By what is wrong with each. */
export const trialMistakes: Readonly<Record<string, Mistake>> = {
  "canary with the share of the old generation": { checker: trials, step: withOtherShares },
  "new generation that gets connections while it starts": {
    checker: trials,
    step: without((effect) => effect.type === "steer"),
  },
  "canary without end": {
    checker: trials,
    step: deafTo((event, state) => event.type === "measured" && !isBaking(state)),
  },
  "canary that is promoted too early": { checker: trials, step: endsTheCanaryEarly },
  "canary without shares that goes on": { checker: trials, step: goesOnUnsteered },
  "canary that nobody looks at again": { checker: trials, step: looksOnce },
  "bake without end": {
    checker: trials,
    step: deafTo((event, state) => event.type === "measured" && isBaking(state)),
  },
  "bad generation that stays": {
    checker: trials,
    profile: { strategy: "all", faultRate: 0.08, pauseMs: 50, latencyMs: 5 },
    step: mishearing(() => 0),
  },
  "good generation that goes": { checker: trials, step: mishearing(({ requests }) => requests) },
  "standby that drains": { checker: trials, step: drainsTheStandby },
  "standby that nobody ends": {
    checker: trials,
    step: after(({ effects }, before) => ({
      effects: effects.filter((effect) => !wasInStandby(before, effect)),
    })),
  },
  "rollback that loads what is there": { checker: trials, step: loadsOnTheWayBack },
  "rolled back generation that is said to be rejected": {
    checker: () => new ReloadsChecker(),
    step: replacing((effect) =>
      effect.type === "reload-ended" && effect.outcome === "rolled-back"
        ? { ...effect, outcome: "rejected" }
        : effect,
    ),
  },
  "rolled back generation whose reload ends too early": {
    checker: () => new ReloadsChecker(),
    step: endsWhenUndone,
  },
  "drain that is counted to the reload before": {
    checker: () => new ReceiptsChecker(),
    step: replacing((effect) =>
      effect.type === "reload-drains" ? { ...effect, generation: effect.generation - 1 } : effect,
    ),
  },
  "comparison that nobody ends": {
    checker: trials,
    step: without((effect) => effect.type === "end-comparison"),
  },
  "command that nobody ends": {
    checker: trials,
    step: without((effect) => effect.type === "end-verify"),
  },
  "standby that gets connections": {
    checker: () => new ReachChecker(),
    step: after(({ state, effects }) =>
      isBaking(state) ? { effects: effects.filter(({ type }) => type !== "steer") } : {},
    ),
  },
  "rolling reload with too many processes": { checker: strategies, step: surges },
  "rolling reload that lets all old workers go": { checker: strategies, step: letsAllGo },
  "restart beside the old generation": { checker: strategies, step: startsBeside },
  "gap whose end nobody hears of": {
    checker: strategies,
    step: without((effect) => effect.type === "log" && effect.event === "gap-ended"),
  },
  "first worker that listens before it is warm": { checker: proven, step: startsCold },
  "generation that gets clients in the gap, as soon as it listens": {
    checker: proven,
    step: forgetsTheBridge,
  },
  "gap that nobody bridges": { checker: proven, step: closesTheBridge },
  "generation that accepts in the gap, as soon as it has the socket": {
    checker: proven,
    step: forgetsTheBridge,
    isShared: true,
  },
  "rollback that is said to be done": {
    checker: () => new AnswersChecker(),
    step: onlyAnswers(true),
  },
  "rollback that is refused for nothing": {
    checker: () => new AnswersChecker(),
    step: onlyAnswers(false),
  },
};
