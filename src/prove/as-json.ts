// What a program reads: all that was found, with the keys that the manual names.
import type { Evidence } from "./evidence.ts";
import { lossesOf } from "./load/result.ts";
import { firstLosses } from "./losses.ts";
import { newConnections } from "./report-lines.ts";
import { verdictOf } from "./verdict.ts";

const MOST_LOSSES = 100;

/** Of all servers that were proven, in their order. */
export function asJson(all: readonly Evidence[]) {
  const servers = all.map(serverOf);
  return { ok: servers.every(({ ok }) => ok), servers };
}

function serverOf(evidence: Evidence) {
  const { name, url, seed, seconds, modes, notRun, reloads, doubts, untried } = evidence;
  const { ok, sentence } = verdictOf(evidence);
  return {
    name,
    url,
    ok,
    verdict: sentence,
    seed,
    seconds: rounded(seconds),
    requests: modes.reduce((sum, { requests }) => sum + requests, 0),
    lost: modes.reduce((sum, mode) => sum + lossesOf(mode), 0),
    new_connections: newConnections(evidence),
    modes: modes.map(({ mode, requests, lost, p50Ms, p99Ms, longestGapMs, ...rest }) => ({
      mode,
      requests,
      lost,
      p50_ms: orNull(p50Ms),
      p99_ms: orNull(p99Ms),
      longest_gap_ms: orNull(longestGapMs),
      sent_away: rest.sentAway,
      closed_idle: rest.closedIdle,
      no_port: rest.noPort,
    })),
    not_run: notRun.map(({ mode, why }) => ({ mode, why })),
    notes: doubts,
    reloads: reloads.map((reload) => ({
      number: reload.number,
      version: reload.version,
      outcome: reload.outcome,
      reason: reload.reason ?? null,
      began_ms: rounded(reload.beganMs),
      ended_ms: rounded(reload.endedMs),
      ready_ms: orNull(reload.readyMs),
      drain_ms: orNull(reload.drainMs),
    })),
    bad_versions_not_tried: untried,
    first_losses: firstLosses(modes, reloads, MOST_LOSSES).map((loss) => ({
      at_ms: loss.atMs,
      mode: loss.mode,
      kind: loss.kind,
      words: loss.words,
      reload: loss.reload ?? null,
      when: loss.when,
    })),
    died: evidence.died ?? null,
  };
}

function rounded(number: number): number {
  return Number(number.toFixed(3));
}

function orNull(number: number | undefined): number | null {
  return number === undefined || Number.isNaN(number) ? null : rounded(number);
}
