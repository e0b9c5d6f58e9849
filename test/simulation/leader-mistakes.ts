// Masters that make a mistake about the leader.

import { LEASE_MS } from "../../src/core/settings.ts";
import { step } from "../../src/core/step.ts";
import type { StepFunction } from "./bench.ts";
import { after, replacing, without } from "./broken-step.ts";
import { LeaderChecker } from "./checkers/leader.ts";
import type { Mistake } from "./mistake.ts";

/** Another worker leads as soon as one was told to resign. */
const impatient: StepFunction = (state, event, nowMs) => {
  const given = step(state, event, nowMs);
  if (given.state.leader?.name !== "leaving") return given;
  const then = step({ ...given.state, leader: undefined }, { type: "tick" }, nowMs);
  return { state: then.state, effects: [...given.effects, ...then.effects] };
};

/** A new master knows nothing of the leader that the old one has appointed. */
const forgetsTheLeader: StepFunction = (state, event, nowMs) =>
  step(
    state,
    event.type === "takeover-granted" ? { ...event, leadership: undefined } : event,
    nowMs,
  );

/** By what is wrong with each. */
export const leaderMistakes: Readonly<Record<string, Mistake>> = {
  "leader that is appointed before the one before it has resigned": {
    checker: () => new LeaderChecker(),
    step: impatient,
  },
  "lease that is longer than the master waits for its end": {
    checker: () => new LeaderChecker(),
    step: replacing((effect) =>
      effect.type === "lead" || effect.type === "lease"
        ? { ...effect, untilMs: effect.untilMs + 2 * LEASE_MS }
        : effect,
    ),
  },
  "leader that is forgotten in a handover": {
    checker: () => new LeaderChecker(),
    step: forgetsTheLeader,
  },
  "worker that was never told that it leads": {
    checker: () => new LeaderChecker(),
    step: without(({ type }) => type === "lead"),
  },
  "leader that hangs, and is waited for": {
    checker: () => new LeaderChecker(),
    step: after(({ state }) => ({
      state: { ...state, leader: state.leader && { ...state.leader, freeAtMs: Infinity } },
    })),
  },
};
