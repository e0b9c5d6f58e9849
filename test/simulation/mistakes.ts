// Control loops with one mistake each, to prove that the checkers see it.

import { PROTOCOLS } from "../../src/core/handover-protocol.ts";
import { hasServer, isRefused } from "../../src/core/predicates.ts";
import type { Listener, State } from "../../src/core/state.ts";
import { step } from "../../src/core/step.ts";
import { after, deafTo, replacing, withPhases, without } from "./broken-step.ts";
import { AnswersChecker } from "./checkers/answers.ts";
import { servingReady } from "./checkers/checker.ts";
import { ConvergenceChecker } from "./checkers/convergence.ts";
import { DiversionChecker } from "./checkers/diversion.ts";
import { HandoverChecker } from "./checkers/handover.ts";
import { HealthChecker } from "./checkers/health.ts";
import { ModelChecker } from "./checkers/model.ts";
import { OneAtATimeChecker } from "./checkers/one-at-a-time.ts";
import { SoloChecker } from "./checkers/solo.ts";
import { PatienceChecker } from "./checkers/patience.ts";
import { ReachChecker } from "./checkers/reach.ts";
import { ReloadsChecker } from "./checkers/reloads.ts";
import { UntouchedChecker } from "./checkers/untouched.ts";
import { WaitsChecker } from "./checkers/waits.ts";
import type { StepFunction } from "./bench.ts";
import type { Mistake } from "./mistake.ts";

const closesInOrder = after(({ state, effects }, before) => {
  const groups = new Map(state.groups);
  for (const effect of effects) {
    if (effect.type !== "close-listener") continue;
    const group = groups.get(effect.address);
    const members = before.groups.get(effect.address)?.members ?? [];
    const rest = members.filter((id) => id !== effect.worker);
    if (group?.members.length === rest.length) {
      groups.set(effect.address, { ...group, members: rest });
    }
  }
  return { state: { ...state, groups } };
});

const drainsTheServing = after(({ state, effects }) => {
  const rejected = effects.some((e) => e.type === "reload-ended" && e.outcome === "rejected");
  const serving = [...state.workers.values()].find((worker) => worker.phase.name === "ready");
  if (!rejected || serving === undefined) return {};
  const { id: worker } = serving;
  const drain = {
    type: "drain",
    worker,
    reason: "reload",
    timeoutMs: 0,
    closeIdle: false,
  } as const;
  return { effects: [...effects, drain] };
});

const forgetsTheKilled = after(({ state, effects }) => {
  const workers = new Map(state.workers);
  for (const effect of effects) if (effect.type === "stop") workers.delete(effect.worker);
  return { state: { ...state, workers } };
});

const countsBack = after(({ state, effects }) => {
  const rejected = effects.some((e) => e.type === "reload-ended" && e.outcome === "rejected");
  return rejected ? { state: { ...state, nextGeneration: state.nextGeneration - 1 } } : {};
});

const offersUnpinned = after(({ effects }) =>
  effects.some((effect) => effect.type === "start-successor")
    ? { effects: effects.filter((effect) => effect.type !== "steer") }
    : {},
);

const hasOffered = ({ succession }: State): boolean =>
  succession.name === "starting" || succession.name === "offered";

/** The listener of a worker that ends is closed although another master relies on the order. */
const closesWhileOffering: StepFunction = (state, event, nowMs) => {
  const { succession, respawn } = state;
  if (!hasOffered(state) || event.type !== "worker-exited") return step(state, event, nowMs);
  const patient = { ...respawn, notBeforeMs: Number.POSITIVE_INFINITY };
  const given = step({ ...state, succession: { name: "none" }, respawn: patient }, event, nowMs);
  return { ...given, state: { ...given.state, succession, respawn } };
};

/** A handover is abandoned in that step, because no worker serves any more. */
const givesUp = (state: State, before: State): boolean =>
  hasOffered(before) && state.succession.name === "aborting" && servingReady(state).length === 0;

/** The successor's fate is waited for, even when no worker serves any more. */
const waitsForTheSuccessor = after(({ state, effects }, before) => {
  if (!givesUp(state, before) || state.stop.name !== "none") return {};
  return {
    state: { ...state, succession: before.succession },
    effects: effects.filter(({ type }) => !type.endsWith("-successor")),
  };
});

/** When one of the serving workers has gone, there is no program for a while. */
const unsteersTheShared = after(({ state, effects }, before) => {
  const isFewer = servingReady(state).length < servingReady(before).length;
  if (!hasOffered(before) || !isFewer || state.stop.name !== "none" || isRefused(state)) return {};
  const groups = [...state.groups].map(
    ([address, { members }]) => [address, { members, program: undefined }] as const,
  );
  const steers = groups.map(
    ([address]) => ({ type: "steer", address, program: undefined }) as const,
  );
  return { state: { ...state, groups: new Map(groups) }, effects: [...effects, ...steers] };
});

/** Any successor that says hello is offered the server. */
const understandsEverybody: StepFunction = (state, event, nowMs) => {
  const isHello = event.type === "successor-said-hello";
  return step(state, isHello ? { ...event, protocols: PROTOCOLS } : event, nowMs);
};

/** A failed successor gets no time to end. */
const killsAtOnce = replacing((effect) =>
  effect.type === "stop-successor" ? { type: "kill-successor" } : effect,
);

/** The workers of a successor that has ended are not waited for. */
const forgetsItsWorkers: StepFunction = (state, event, nowMs) => {
  const given = step(state, event, nowMs);
  if (event.type !== "successor-exited" || given.state.succession.name !== "aborting") return given;
  const next = step(given.state, { type: "successor-gone" }, nowMs);
  const others = given.effects.filter(({ type }) => type !== "kill-successor");
  return { state: next.state, effects: [...others, ...next.effects] };
};

/** An offered server is stopped as if it were this master's own. */
const stopsTheOffered: StepFunction = (state, event, nowMs) => {
  const { succession } = state;
  if (event.type !== "stop-requested" || hasServer(state)) return step(state, event, nowMs);
  const given = step({ ...state, succession: { name: "none" } }, event, nowMs);
  return { ...given, state: { ...given.state, succession } };
};

/** A stop does not wait for the end of a successor. */
const stopsBesideTheSuccessor: StepFunction = (state, event, nowMs) => {
  const given = step(state, event, nowMs);
  const { succession, stop } = given.state;
  if (succession.name !== "aborting" || stop.name !== "waiting") return given;
  const alone = { ...given.state, succession: { name: "none" } } as const;
  const next = step(alone, { type: "tick" }, nowMs);
  return { state: { ...next.state, succession }, effects: [...given.effects, ...next.effects] };
};

/** A wait for the successor has no end. */
const waitsForEver = after(({ state }) => {
  const { succession } = state;
  if (!("deadlineMs" in succession)) return {};
  return { state: { ...state, succession: { ...succession, deadlineMs: Infinity } } };
});

/** The end of the predecessor is a grant, or nothing. */
const knowsNoOrphans: StepFunction = (state, event, nowMs) => {
  if (event.type !== "predecessor-ended") return step(state, event, nowMs);
  const isGrant = !hasServer(state);
  const grant = { type: "takeover-granted", reload: undefined, ended: [] } as const;
  return step(state, isGrant ? grant : { type: "tick" }, nowMs);
};

/** Takes a listener for released when it has only been asked for. */
const believesTooSoon = after(({ state }) => {
  const workers = [...state.workers.values()].map((worker) => {
    const left = [...worker.listeners].filter(([, { name }]) => name !== "yielding");
    return [worker.id, { ...worker, listeners: new Map(left) }] as const;
  });
  return { state: { ...state, workers: new Map(workers) } };
});

const forgets = (it: Listener): Listener => (it.name === "releasing" ? { name: "releasing" } : it);

/** A scaling that is refused because of files is done when they are as before. */
const scalesLater = after(({ state, effects }, before) => {
  const hasUndone = effects.some((it) => it.type === "log" && it.message.startsWith("Scaling to"));
  const { serving } = state;
  const [was, is] = [before, state].map(({ generations }) => generations.get(serving ?? -1));
  if (!hasUndone || was === undefined || is === undefined) return {};
  const { target } = was;
  const generations = new Map(state.generations).set(is.number, { ...is, target });
  return { state: { ...state, generations } };
});

/** A worker that drains has its listeners until its drain ends. */
const keepsTheAddress = after(({ state }) => {
  const workers = [...state.workers.values()].map((worker) => {
    const listeners = new Map<string, Listener>();
    for (const [address, it] of worker.listeners) listeners.set(address, forgets(it));
    return [worker.id, { ...worker, listeners }] as const;
  });
  return { state: { ...state, workers: new Map(workers) } };
});

/** A worker that has released its listeners for nothing waits for a minute. */
const listensLate: StepFunction = (state, event, nowMs) => {
  const ready = [...state.workers.values()].find(({ phase }) => phase.name === "ready");
  if (ready === undefined || ready.listeners.size > 0) return step(state, event, nowMs);
  const notBeforeMs = Math.max(state.respawn.notBeforeMs, nowMs + 60_000);
  return step({ ...state, respawn: { ...state.respawn, notBeforeMs } }, event, nowMs);
};

/** A worker whose app has thrown drains at once. */
const drainsTheThrower = after(({ state, effects }) => {
  const drains = effects.flatMap((effect) =>
    effect.type === "log" && effect.event === "worker-recycled"
      ? [...state.workers.values()].filter(
          ({ phase }) => phase.name === "ready" && phase.recycle === "wanted",
        )
      : [],
  );
  const reason = "recycle";
  const asked = drains.map(
    ({ id }) => ({ type: "drain", worker: id, reason, timeoutMs: 0, closeIdle: false }) as const,
  );
  return { effects: [...effects, ...asked] };
});

/** A reload that is requested while one runs is answered with that one. */
const answersWithTheOneUnderWay = after(({ state }) => {
  const { rollout, commands } = state;
  if (rollout.name === "none") return {};
  const { generation } = rollout;
  const carried = [...commands].map(
    ([id, command]) =>
      [id, command.name === "reload" ? { ...command, generation } : command] as const,
  );
  return { state: { ...state, commands: new Map(carried) } };
});

/** A scaling is done once the number is known. */
const answersAtOnce = after(({ state, effects }) => {
  const answered = [...state.commands].filter(([, { name }]) => name === "scale");
  const commands = new Map([...state.commands].filter(([, { name }]) => name !== "scale"));
  const workers = state.generations.get(state.serving ?? -1)?.target ?? 0;
  const answers = answered.map(([id]) => ({ type: "answer", id, ok: true, workers }) as const);
  return { state: { ...state, commands }, effects: [...effects, ...answers] };
});

/** The drains end when a worker does. */
const endsEarly: StepFunction = (state, event, nowMs) => {
  if (event.type !== "worker-exited") return step(state, event, nowMs);
  const commands = [...state.commands].map(
    ([id, command]) =>
      [id, command.name === "drain" ? { ...command, deadlineMs: nowMs } : command] as const,
  );
  return step({ ...state, commands: new Map(commands) }, event, nowMs);
};

const duringReload = (state: State): boolean =>
  state.serving !== undefined && state.rollout.name !== "none";

const withoutEnd = ({ rollout }: State): State["rollout"] =>
  rollout.name === "configuring" ? { ...rollout, deadlineMs: Number.POSITIVE_INFINITY } : rollout;

/** By what is wrong with each. */
export const mistakes: Readonly<Record<string, Mistake>> = {
  "model that closes the gap in order": {
    checker: () => new ModelChecker(),
    step: closesInOrder,
  },
  "listener bound behind its back": {
    checker: () => new ModelChecker(),
    step: deafTo((event) => event.type === "worker-bound" && event.worker > 4),
  },
  "bind without pinning": {
    checker: () => new ReachChecker(),
    step: without((effect) => effect.type === "steer"),
  },
  "close without a program for the moment": {
    checker: () => new ReachChecker(),
    step: replacing((effect) =>
      effect.type === "close-listener" ? { ...effect, during: undefined } : effect,
    ),
  },
  "listener given up while it gets connections": {
    checker: () => new ReachChecker(),
    step: without((effect) => effect.type === "quiet-listener"),
  },
  "rejected reload that drains the old": {
    checker: () => new UntouchedChecker(),
    step: drainsTheServing,
  },
  "drain without patience": {
    checker: () => new PatienceChecker(),
    step: replacing((effect) =>
      effect.type === "drain" ? { type: "force", worker: effect.worker } : effect,
    ),
  },
  "kill in place of a stop": {
    checker: () => new PatienceChecker(),
    step: replacing((effect) =>
      effect.type === "stop" ? { type: "kill", worker: effect.worker } : effect,
    ),
  },
  "forgotten deadline": {
    checker: () => new WaitsChecker(),
    step: withPhases(({ phase }) =>
      "deadlineMs" in phase ? { ...phase, deadlineMs: Number.POSITIVE_INFINITY } : phase,
    ),
  },
  "deadline that has passed": {
    checker: () => new WaitsChecker(),
    step: withPhases(({ phase }) =>
      phase.name === "stopping" ? { ...phase, deadlineMs: 0 } : phase,
    ),
  },
  "worker forgotten alive": {
    checker: () => new WaitsChecker(),
    step: forgetsTheKilled,
  },
  "second bind at the same time": {
    checker: () => new OneAtATimeChecker(),
    step: after(({ state }) => ({ state: { ...state, bindLock: undefined } })),
  },
  "reload that does not wait for drains": {
    checker: () => new OneAtATimeChecker(),
    step: (state, event, nowMs) =>
      step({ ...state, settings: { ...state.settings, maxDraining: 9 } }, event, nowMs),
  },
  "lost reload": {
    checker: () => new ReloadsChecker(),
    step: deafTo((event, state) => event.type === "reload-requested" && duringReload(state)),
  },
  "reload that nobody hears the end of": {
    checker: () => new ReloadsChecker(),
    step: without((effect) => effect.type === "reload-ended" && effect.outcome === "completed"),
  },
  "new generation that is not said to serve": {
    checker: () => new ReloadsChecker(),
    step: without((effect) => effect.type === "reload-steered"),
  },
  "number used twice": {
    checker: () => new ReloadsChecker(),
    step: countsBack,
  },
  "handover before the programs are pinned": {
    checker: () => new ReachChecker(),
    step: offersUnpinned,
  },
  "close while another master counts on the order": {
    checker: () => new ModelChecker(),
    step: closesWhileOffering,
  },
  "handover that goes on while nobody serves": {
    checker: () => new HandoverChecker(),
    step: waitsForTheSuccessor,
  },
  "connection to a master that has not got the server": {
    checker: () => new HandoverChecker(),
    step: unsteersTheShared,
  },
  "orphan that counts as a crash": {
    checker: () => new HandoverChecker(),
    step: knowsNoOrphans,
  },
  "offer in a protocol that the other does not speak": {
    checker: () => new HandoverChecker(),
    step: understandsEverybody,
  },
  "successor that has no time to end": {
    checker: () => new HandoverChecker(),
    step: killsAtOnce,
  },
  "handover that is over while workers of the successor are left": {
    checker: () => new WaitsChecker(),
    step: forgetsItsWorkers,
  },
  "stop of what is only offered": {
    checker: () => new HandoverChecker(),
    step: stopsTheOffered,
  },
  "stop beside a successor": {
    checker: () => new HandoverChecker(),
    step: stopsBesideTheSuccessor,
  },
  "successor that is waited for without end": {
    checker: () => new WaitsChecker(),
    step: waitsForEver,
  },
  "number of a failed successor's worker used again": {
    checker: () => new ReloadsChecker(),
    step: deafTo((event) => event.type === "successor-spawned"),
  },
  "reload lost in a handover": {
    checker: () => new ReloadsChecker(),
    step: (state, event, nowMs) =>
      step(
        state,
        event.type === "takeover-granted" ? { ...event, reload: undefined } : event,
        nowMs,
      ),
  },
  "version that is never served": {
    checker: () => new ConvergenceChecker(),
    step: deafTo((event, state) => event.type === "reload-requested" && duringReload(state)),
  },
  "program that was refused, and is believed to be in force": {
    checker: () => new ModelChecker(),
    step: deafTo((event) => event.type === "effect-failed" && event.effect.type === "steer"),
  },
  "configuration that is never read, and is waited for": {
    checker: () => new ConvergenceChecker(),
    step: after(({ state }) => ({ state: { ...state, rollout: withoutEnd(state) } })),
  },
  "refusal of a moment that is taken for the last word": {
    checker: () => new ConvergenceChecker(),
    step: without((effect) => effect.type === "probe-steering"),
  },
  "program left in force": {
    checker: () => new ConvergenceChecker(),
    step: without((effect) => effect.type === "steer" && effect.program === undefined),
  },
  "second listener on an address that has one": {
    checker: () => new SoloChecker(),
    step: believesTooSoon,
    solo: true,
  },
  "refused scaling that is done later": {
    checker: () => new AnswersChecker(),
    step: scalesLater,
  },
  "rejected version that keeps the address": {
    checker: () => new SoloChecker(),
    step: keepsTheAddress,
    profile: { faultRate: 0.08, pauseMs: 500, latencyMs: 1 },
    solo: true,
  },
  "address that nobody takes back": {
    checker: () => new SoloChecker(),
    step: listensLate,
    solo: true,
  },
  "worker drained before it is replaced": {
    checker: () => new UntouchedChecker(),
    step: drainsTheThrower,
  },
  "listener taken away for nobody": {
    checker: () => new UntouchedChecker(),
    step: after(({ state, effects }) => {
      const ready = [...state.workers.values()].find(({ phase }) => phase.name === "ready");
      const address = ready && [...ready.listeners.keys()][0];
      if (ready === undefined || address === undefined) return {};
      const release = { type: "release-listener", worker: ready.id, address } as const;
      return { effects: [...effects, release] };
    }),
    solo: true,
  },
  "command that nobody answers": {
    checker: () => new AnswersChecker(),
    step: without((effect) => effect.type === "answer" && !effect.ok),
  },
  "command that is answered twice": {
    checker: () => new AnswersChecker(),
    step: after(({ effects }) => ({
      effects: [...effects, ...effects.filter(({ type }) => type === "answer")],
    })),
  },
  "reload that is said to have ended when it is steered to": {
    checker: () => new AnswersChecker(),
    step: (state, event, nowMs) =>
      step(
        state,
        event.type === "reload-requested" ? { ...event, until: "steered" } : event,
        nowMs,
      ),
  },
  "reload that is said to carry a version that came too late for it": {
    checker: () => new AnswersChecker(),
    step: answersWithTheOneUnderWay,
  },
  "scaling that is said to be done when it has begun": {
    checker: () => new AnswersChecker(),
    step: answersAtOnce,
  },
  "drain that ends before its time": {
    checker: () => new AnswersChecker(),
    step: endsEarly,
  },
  "health that stays 503 when a drain has ended": {
    checker: () => new HealthChecker(),
    step: without((effect) => effect.type === "health" && !effect.draining),
  },
  "worker that comes during a drain and does not hear of it": {
    checker: () => new HealthChecker(),
    step: replacing((effect) => {
      if (effect.type !== "spawn") return effect;
      const { healthIsDraining: _, ...healthy } = effect;
      return healthy;
    }),
  },
  "stop that lets connections come to the last listeners": {
    checker: () => new DiversionChecker(),
    step: without((effect) => effect.type === "divert"),
  },
  "listener that is believed to drop handshakes": {
    checker: () => new DiversionChecker(),
    step: deafTo(
      (event) => event.type === "effect-failed" && event.effect.type === "quiet-listener",
    ),
  },
  "scaling that nobody does": {
    checker: () => new ConvergenceChecker(),
    step: deafTo((event) => event.type === "scale-requested"),
  },
};
