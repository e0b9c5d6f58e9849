// How long to wait after crashes before the next worker starts, and when there were too many
// crashes.

import type { RespawnSettings } from "../settings.ts";
import type { Respawn } from "../crash-history.ts";

/** At least this many crashes are remembered for the backoff: fewer reach the longest wait. */
const REMEMBERED_CRASHES = 32;

/** The crash history after a crash at `now`, and the time before which nothing is respawned. */
export function afterCrash(respawn: Respawn, settings: RespawnSettings, now: number): Respawn {
  const recent = respawn.crashesMs.filter((at) => at > now - settings.windowMs);
  const remembered = Math.max(settings.maxCrashes, REMEMBERED_CRASHES);
  const crashesMs = [...recent, now].slice(-remembered);
  const doublings = Math.min(recent.length - 1, REMEMBERED_CRASHES);
  const delayMs =
    recent.length === 0
      ? 0
      : Math.min(settings.backoffMinMs * 2 ** doublings, settings.backoffMaxMs);
  return { crashesMs, notBeforeMs: Math.max(respawn.notBeforeMs, now + delayMs) };
}

export function budgetIsSpent(respawn: Respawn, settings: RespawnSettings, now: number): boolean {
  return recentCrashes(respawn, settings, now) >= settings.maxCrashes;
}

/** How many crashes there were in the window that ends now. */
export function recentCrashes(
  { crashesMs }: Respawn,
  { windowMs }: RespawnSettings,
  now: number,
): number {
  return crashesMs.filter((at) => at > now - windowMs).length;
}
