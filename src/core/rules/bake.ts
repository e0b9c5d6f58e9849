// The bake: a new generation serves, and the one before it stays in standby for some time. It has
// its app and its listeners, and gets no new connections. If the new one turns out to be bad, the
// old one takes over at once: nothing has to be loaded for that. A worker that it loses meanwhile
// is replaced, if its files are what they were: see respawn.ts.

import { message } from "../messages.ts";
import { NO_CRASHES } from "../moves/crashes.ts";
import { drainGeneration, noteVerdict } from "../moves/generations.ts";
import { beginTrial, judgeTrial, measured, withComparison } from "../moves/trial.ts";
import { isShuttingDown } from "../predicates.ts";
import type { Turn } from "../turn.ts";
import type { Comparison } from "../figures.ts";
import { rollBack } from "./rollback.ts";

/** @param standby the generation that can take over again */
export function beginBake(turn: Turn, generation: number, standby: number, forMs: number): void {
  // The old one gets nothing new to be measured by.
  const trial = beginTrial(turn, { generation, old: standby, forMs }, "its-start");
  turn.set({ bake: { standby, trial, respawn: NO_CRASHES } });
  // Who has lost all its workers stays nowhere: that is told below.
  if (!isInStandby(turn, standby)) return;
  const words = message.baking(generation, standby, forMs);
  turn.log("info", "bake-started", words, { generation, standby, duration_ms: forMs });
}

/** Does what is due in a bake. Without anybody in standby there is nothing to wait for. */
export function goOnWithBake(turn: Turn): void {
  const { bake, serving } = turn.state;
  if (bake === undefined || serving === undefined) return;
  if (isShuttingDown(turn.state)) return dropBake(turn);
  const trial = measured(turn, bake.trial, serving);
  if (trial !== bake.trial) turn.set({ bake: { ...bake, trial } });
  if (isInStandby(turn, bake.standby)) return;
  turn.log("warn", "bake-ended", message.nobodyInStandby(bake.standby), { generation: serving });
  endBake(turn);
}

function isInStandby(turn: Turn, generation: number): boolean {
  return turn.workersOf(generation).some(({ phase }) => phase.name === "standby");
}

/** A measurement has come: the new generation is bad, or it has stood its trial, or it goes on. */
export function onBakeMeasured(turn: Turn, comparison: Comparison | undefined): void {
  const { bake, serving } = turn.state;
  if (bake === undefined || serving === undefined) return;
  const trial = withComparison(bake.trial, comparison);
  turn.set({ bake: { ...bake, trial } });
  const judged = judgeTrial(turn, trial, turn.generation(serving), bake.standby);
  if (judged === undefined) return;
  const { verdict, isOver } = judged;
  if (verdict.name !== "bad" && !isOver) return;
  noteVerdict(turn, serving, verdict);
  if (verdict.name === "bad") return rollBack(turn, verdict.words);
  endBake(turn);
}

/** Lets go of the generation in standby, if there is one. */
export function endBake(turn: Turn): void {
  const { bake } = turn.state;
  if (bake === undefined) return;
  dropBake(turn);
  drainGeneration(turn, bake.standby);
}

/** The trial is over. At a stop that is all: everybody drains. */
function dropBake(turn: Turn): void {
  const { serving } = turn.state;
  turn.set({ bake: undefined });
  if (serving !== undefined) turn.emit({ type: "end-comparison", generation: serving });
}
