// Evidence for tables: what a test does not name is as in a run without a loss.
import type { Evidence, Reload } from "../../src/prove/evidence.ts";
import type { ModeResult } from "../../src/prove/load/result.ts";

export const NONE_LOST = { refused: 0, reset: 0, cut: 0, timeout: 0, tls: 0, wrong: 0 };

export function modeResult(given: Partial<ModeResult> = {}): ModeResult {
  return {
    mode: "connection",
    requests: 1200,
    lost: NONE_LOST,
    p50Ms: 0.42,
    p99Ms: 12.3,
    longestGapMs: 31,
    sentAway: {},
    closedIdle: 0,
    noPort: 0,
    firstLosses: [],
    ...given,
  };
}

export function reload(given: Partial<Reload> = {}): Reload {
  return {
    number: 1,
    version: "good",
    beganMs: 1000,
    endedMs: 2000,
    outcome: "completed",
    reason: undefined,
    readyMs: 40,
    drainMs: 960,
    ...given,
  };
}

export function evidence(given: Partial<Evidence> = {}): Evidence {
  return {
    name: "pounce ./app.ts",
    url: "http://127.0.0.1:8000",
    seed: 7,
    seconds: 3,
    modes: [modeResult()],
    notRun: [],
    unproven: [],
    stalledMs: 0,
    doubts: [],
    reloads: [reload()],
    untried: [],
    died: undefined,
    loadProblem: undefined,
    lastLines: [],
    stopProblem: undefined,
    ...given,
  };
}
