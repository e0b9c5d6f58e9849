// Promotion: a new generation takes all new connections. The old one drains, or stays in standby.

import { announce } from "../moves/announce.ts";
import { tellSteered } from "../moves/answers.ts";
import { NO_CRASHES } from "../moves/crashes.ts";
import { drainGeneration, standbyGeneration, tellServing } from "../moves/generations.ts";
import { message } from "../messages.ts";
import { readyOf, trialSettings } from "../predicates.ts";
import type { Generation } from "../state.ts";
import type { Turn } from "../turn.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import { beginBake, endBake } from "./bake.ts";

/** If nobody took new connections before, that ends with the new generation. */
function passGap(turn: Turn, from: number, to: number): void {
  const { gapSinceMs, ...old } = turn.generation(from);
  if (gapSinceMs === undefined) return;
  turn.putGeneration(old);
  turn.putGeneration({ ...turn.generation(to), gapSinceMs });
}

/** The new generation takes all new connections. */
export function promote(turn: Turn, generation: Generation): void {
  const { serving, rollout } = turn.state;
  const sharing = sharingOf(turn.state);
  const before = sharing.addresses(turn.state);
  const wasSecure = turn.state.settings.isSecure === true;
  const settings = trialSettings(turn.state, generation);
  endBake(turn);
  turn.putGeneration({ ...turn.generation(generation.number), role: "serving" });
  if (serving !== undefined) passGap(turn, serving, generation.number);
  turn.set({
    rollout: { name: "none" },
    serving: generation.number,
    settings: generation.settings,
    // What an old version did does not count against the new one.
    ...(serving === undefined
      ? {}
      : { respawn: rollout.name === "canary" ? rollout.respawn : NO_CRASHES }),
  });
  // Logged only now, when it is true: readers of the log connect at once, and every worker should
  // get its share.
  sharing.settle(turn);
  turn.emit({ type: "use-config", generation: generation.number });
  if (serving === undefined) tellServing(turn, generation);
  announce(turn, before, generation, wasSecure);
  if (generation.open) tellSteered(turn, generation.number);
  if (serving === undefined) return;
  if (settings === undefined || settings.bakeMs === 0) return drainGeneration(turn, serving);
  // Of an old generation that has lost all its workers nothing could take over again.
  if (readyOf(turn.state, serving) === 0) {
    const words = message.nobodyInStandby(serving);
    turn.log("warn", "bake-ended", words, { generation: generation.number });
    return drainGeneration(turn, serving);
  }
  standbyGeneration(turn, serving);
  beginBake(turn, generation.number, serving, settings.bakeMs);
}
