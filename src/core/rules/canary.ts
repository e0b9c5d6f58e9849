// The canary: a new generation gets a share of the new connections for some time, beside the old
// one, and is compared with it. If it is worse, it goes, and the old one never was away. If not, it
// is promoted.

import { message } from "../messages.ts";
import { NO_CRASHES } from "../moves/crashes.ts";
import { noteVerdict } from "../moves/generations.ts";
import { refuseRollout, rejectRollout } from "../moves/rejection.ts";
import { beginTrial, judgeTrial, measured, withComparison } from "../moves/trial.ts";
import {
  canGoBack,
  canGrow,
  canaryOf,
  isDeserted,
  isStarting,
  isSteered,
  readyOf,
  verifyTimeoutMs,
} from "../predicates.ts";
import type { Canary } from "../rollout-state.ts";
import type { RolloutSettings } from "../settings.ts";
import type { State } from "../state.ts";
import type { Turn } from "../turn.ts";
import type { Comparison } from "../figures.ts";
import { figuresInWords, judge } from "../verdict.ts";
import { endBake } from "./bake.ts";
import { makeWay } from "./newer-version.ts";
import { promote } from "./promotion.ts";

export function beginCanary(turn: Turn, generation: number, settings: RolloutSettings): void {
  const { serving } = turn.state;
  if (serving === undefined) throw new Error("a canary needs a generation that serves");
  const { canaryShare: share, canaryMs: forMs, hasVerify } = settings;
  // From now on the generation to go back to is the one that serves.
  endBake(turn);
  const trial = beginTrial(turn, { generation, old: serving, forMs }, "now");
  turn.set({
    rollout: {
      name: "canary",
      generation,
      share,
      trial,
      verify: hasVerify ? { name: "due", atMs: turn.now + forMs / 2 } : { name: "none" },
      respawn: NO_CRASHES,
    },
  });
  const words = message.canary(generation, share, forMs);
  turn.log("info", "canary-started", words, { generation, share, duration_ms: forMs });
}

/**
 * Does what is due in a canary. A newer version that somebody asks for takes its place, as soon as
 * the old one can serve alone and the newer one's configuration is valid; if nobody of the old one
 * is left, the canary does.
 */
export function goOnWithCanary(turn: Turn): void {
  makeWay(turn);
  const canary = canaryOf(turn.state);
  if (canary === undefined) return;
  if (isLost(turn.state, canary)) return rejectRollout(turn, message.nobodyLeft);
  if (isDeserted(turn.state)) return takeOver(turn, canary);
  if (!isSteered(turn.state) && isWhole(turn.state, canary)) return endUnsteered(turn, canary);
  const { generation, verify } = canary;
  if (verify.name === "running" && turn.now >= verify.deadlineMs) {
    turn.emit({ type: "end-verify", generation });
    return refuseRollout(turn, message.verifyTooSlow(verifyTimeoutMs(turn.generation(generation))));
  }
  const isDue = verify.name === "due" && turn.now >= verify.atMs;
  const looked = isDue && readyOf(turn.state, generation) > 0 ? look(turn, canary) : canary;
  const trial = measured(turn, looked.trial, generation);
  if (trial !== canary.trial || looked !== canary) turn.set({ rollout: { ...looked, trial } });
}

/** Workers that it has lost are waited for, unless there can be none. */
function isWhole(state: State, { generation: number }: Canary): boolean {
  const generation = state.generations.get(number);
  const ready = readyOf(state, number);
  return (
    generation !== undefined && ready > 0 && (ready >= generation.target || !canGrow(generation))
  );
}

/** The kernel refuses steering from now on, so there are no shares: what is known decides. */
function endUnsteered(turn: Turn, { generation: number, verify, trial }: Canary): void {
  const { settings } = turn.generation(number);
  const verdict =
    settings.rollout && judge(settings.rollout, trial.comparison, trial.troubles, true);
  const leftMs = trial.untilMs - turn.now;
  const figures = trial.comparison && figuresInWords(trial.comparison.whole, trial.troubles);
  const words = message.canaryUnsteered(number, leftMs, figures);
  turn.log("warn", "canary-skipped", words, { generation: number, left_ms: leftMs });
  if (verdict !== undefined) noteVerdict(turn, number, verdict);
  if (verdict?.name === "bad" && canGoBack(turn.state)) return rejectRollout(turn, verdict.words);
  if (verify.name === "running") turn.emit({ type: "end-verify", generation: number });
  turn.emit({ type: "end-comparison", generation: number });
  promote(turn, turn.generation(number));
}

/** Nobody of the canary is left, and its files have changed. */
function isLost(state: State, { generation }: Canary): boolean {
  const canary = state.generations.get(generation);
  if (canary === undefined || canGrow(canary)) return false;
  return ![...state.workers.values()].some(
    (it) => it.generation === generation && (isStarting(it) || it.phase.name === "ready"),
  );
}

/** If nobody of the old generation serves, and the canary does, it takes over. */
export function takeOverAlone(turn: Turn): boolean {
  const canary = canaryOf(turn.state);
  if (canary === undefined || canGoBack(turn.state)) return false;
  if (readyOf(turn.state, canary.generation) === 0) return false;
  takeOver(turn, canary);
  return true;
}

/** Nobody of the old generation is left. */
function takeOver(turn: Turn, { generation, verify }: Canary): void {
  if (verify.name === "running") turn.emit({ type: "end-verify", generation });
  turn.emit({ type: "end-comparison", generation });
  tellAlone(turn, generation);
  promote(turn, turn.generation(generation));
}

export function tellAlone(turn: Turn, generation: number): void {
  turn.log("warn", "canary-skipped", message.canaryAlone(generation), { generation });
}

function look(turn: Turn, canary: Canary): Canary {
  const { generation } = canary;
  const timeoutMs = verifyTimeoutMs(turn.generation(generation));
  turn.emit({ type: "verify", generation, stage: "canary", timeoutMs });
  return { ...canary, verify: { name: "running", deadlineMs: turn.now + timeoutMs } };
}

/** A measurement has come: the canary is worse, or it has had its time, or it goes on. */
export function onCanaryMeasured(turn: Turn, comparison: Comparison | undefined): void {
  const canary = canaryOf(turn.state);
  const { serving } = turn.state;
  if (canary === undefined || serving === undefined) return;
  const generation = turn.generation(canary.generation);
  const { number } = generation;
  const trial = withComparison(canary.trial, comparison);
  turn.set({ rollout: { ...canary, trial } });
  const isHeld = canary.verify.name !== "none";
  const judged = judgeTrial(turn, trial, generation, serving, isHeld);
  if (judged === undefined) return;
  const { verdict, isOver } = judged;
  if (verdict.name !== "bad" && !isOver) return;
  if (verdict.name === "bad" && !canGoBack(turn.state)) return;
  const isShort = verdict.name !== "bad" && readyOf(turn.state, number) < generation.target;
  // It is to take over from a whole generation: workers that it has lost are waited for.
  if (isShort && canGrow(generation)) return;
  noteVerdict(turn, number, verdict);
  if (verdict.name === "bad") return rejectRollout(turn, verdict.words);
  const isLess = isShort && readyOf(turn.state, number) < readyOf(turn.state, serving);
  if (isLess) return rejectRollout(turn, message.canaryShort(number));
  turn.emit({ type: "end-comparison", generation: number });
  promote(turn, turn.generation(number));
}
