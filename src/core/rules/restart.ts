// Restart: the old generation stops before the new one starts, for apps that cannot run twice. In
// between nobody takes new connections. If the new one fails, the old one is started again.

import { message } from "../messages.ts";
import { startGeneration } from "../moves/generations.ts";
import { retireWorker } from "../moves/workers.ts";
import { isAlive, readyOf, servingGeneration } from "../predicates.ts";
import type { Settings } from "../settings.ts";
import type { Turn } from "../turn.ts";
import { endBake } from "./bake.ts";

/** @param settings of the generation that is to follow */
export function beginRestart(turn: Turn, generation: number, settings: Settings): void {
  const old = servingGeneration(turn.state);
  if (old === undefined) throw new Error("nothing serves that could be stopped");
  // What cannot run twice is no standby either.
  endBake(turn);
  turn.set({ rollout: { name: "emptying", generation, settings } });
  // A version that has failed in the gap has not ended it.
  turn.putGeneration({ ...old, gapSinceMs: old.gapSinceMs ?? turn.now });
  const isAlone = !turn.workersOf(old.number).some(isAlive);
  const words = (isAlone ? message.nothingToStop : message.stopsFirst)(old.number, generation);
  turn.log("info", "draining", words, { generation: old.number });
  const { reloadTimeoutMs } = turn.state.settings;
  for (const worker of turn.workersOf(old.number)) {
    retireWorker(turn, worker, "reload", reloadTimeoutMs, { webSockets: "at-once" });
  }
}

/** Starts the new generation once the old one has gone, and those that went before it. */
export function goOnWithRestart(turn: Turn): void {
  const { rollout } = turn.state;
  const old = servingGeneration(turn.state);
  if (rollout.name !== "emptying" || old === undefined) return;
  // Nor may it run beside one that has failed, or still drains.
  if ([...turn.state.workers.values()].some(isAlive)) return;
  startGeneration(turn, rollout.generation, rollout.settings, true);
  const fresh = turn.generation(rollout.generation);
  turn.putGeneration({ ...fresh, gapSinceMs: old.gapSinceMs });
}

/** Somebody takes new connections again: says for how long nobody did. */
export function tellGap(turn: Turn): void {
  const serving = servingGeneration(turn.state);
  if (serving?.gapSinceMs === undefined || readyOf(turn.state, serving.number) === 0) return;
  const { gapSinceMs, ...rest } = serving;
  const gapMs = Math.round(turn.now - gapSinceMs);
  turn.putGeneration({ ...rest, gapMs });
  const words = message.gapEnds(serving.number, gapMs);
  turn.log("warn", "gap-ended", words, { generation: serving.number, gap_ms: gapMs });
}
