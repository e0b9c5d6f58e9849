// A newer version that somebody asks for during a canary takes its place. What is on disk is
// checked first: a configuration that is not valid is rejected, and the canary goes on.

import type { EventOf } from "../events.ts";
import { message } from "../messages.ts";
import { assignReloads, endReload } from "../moves/answers.ts";
import { takeNumber } from "../moves/generations.ts";
import { rejectRollout } from "../moves/rejection.ts";
import { canaryOf, canGoBack } from "../predicates.ts";
import type { Canary } from "../rollout-state.ts";
import { CONFIG_TIMEOUT_MS } from "../settings.ts";
import type { Turn } from "../turn.ts";

/** Ends the canary for a newer version, as soon as the old one can serve alone. */
export function makeWay(turn: Turn): void {
  const canary = canaryOf(turn.state);
  const by = turn.state.reloadWantedBy;
  if (canary === undefined) return;
  const { next, generation } = canary;
  if (next?.name === "checking") {
    if (turn.now < next.deadlineMs) return;
    return rejectNewer(turn, canary, message.configTooSlow(CONFIG_TIMEOUT_MS));
  }
  if (by === undefined || !canGoBack(turn.state)) return;
  if (next !== undefined) return rejectRollout(turn, message.canarySuperseded(by), "warn");
  const deadlineMs = turn.now + CONFIG_TIMEOUT_MS;
  turn.set({ rollout: { ...canary, next: { name: "checking", deadlineMs } } });
  turn.emit({ type: "check-config", generation });
}

/** @param event about the canary that would make way */
export function onConfigChecked(
  turn: Turn,
  { generation, problem }: EventOf<"config-checked">,
): void {
  const canary = canaryOf(turn.state);
  if (canary?.generation !== generation || canary.next?.name !== "checking") return;
  if (problem !== undefined) return rejectNewer(turn, canary, problem);
  turn.set({ rollout: { ...canary, next: { name: "valid" } } });
}

/** The reload ends before anything of it exists. */
function rejectNewer(turn: Turn, canary: Canary, reason: string): void {
  const by = turn.state.reloadWantedBy;
  turn.set({ rollout: { ...canary, next: undefined }, reloadWantedBy: undefined });
  if (by === undefined) return;
  const generation = takeNumber(turn);
  assignReloads(turn, generation);
  turn.emit({ type: "reload-began", generation });
  turn.log("error", "config-rejected", reason, { generation });
  const words = message.canaryGoesOn(canary.generation);
  turn.log("error", "reload-failed", words, { generation });
  endReload(turn, generation, "rejected", reason);
}
