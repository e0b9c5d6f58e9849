// The crashes that count against a generation: those of a canary, and of a generation in standby,
// are counted apart from those of the generation that serves, so that neither pays for the other.

import { canaryOf } from "../predicates.ts";
import type { Respawn } from "../crash-history.ts";
import type { State } from "../state.ts";
import type { Turn } from "../turn.ts";

export const NO_CRASHES: Respawn = { crashesMs: [], notBeforeMs: 0 };

/** Of a generation whose slots are filled again. */
export function respawnOf(state: State, generation: number): Respawn {
  const canary = canaryOf(state);
  if (canary?.generation === generation) return canary.respawn;
  return state.bake?.standby === generation ? state.bake.respawn : state.respawn;
}

export function setRespawn(turn: Turn, generation: number, respawn: Respawn): void {
  const canary = canaryOf(turn.state);
  const { bake } = turn.state;
  if (canary?.generation === generation) turn.set({ rollout: { ...canary, respawn } });
  else if (bake?.standby === generation) turn.set({ bake: { ...bake, respawn } });
  else turn.set({ respawn });
}
