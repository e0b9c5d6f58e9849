// Drives trials of new generations: what is measured of them, and what the operator's command says.

import type { RolloutSettings, Settings } from "../../src/core/settings.ts";
import type { Comparison, Figures } from "../../src/core/figures.ts";
import type { EffectOf } from "../../src/core/effects.ts";
import { END, type Scenario, serving, START } from "./scenario.ts";

/** Without a trial, as by default. */
export const PLAIN: RolloutSettings = {
  strategy: "all",
  maxSurge: 1,
  canaryShare: 0,
  canaryMs: 30_000,
  bakeMs: 0,
  maxErrorRate: 0.05,
  maxLatencyRatio: 0,
  minRequests: 50,
  hasVerify: false,
  verifyTimeoutMs: 30_000,
};

export const CANARY: Partial<RolloutSettings> = { canaryShare: 0.1 };
export const BAKE: Partial<RolloutSettings> = { bakeMs: 60_000 };

export function figures(requests: number, errors = 0, p99Ms = 10): Figures {
  return { requests, errors, unanswered: 0, pending: 0, p99Ms };
}

/** The same since the beginning and in the last seconds. */
export function comparison(fresh: Figures, old = figures(1000)): Comparison {
  return { whole: { fresh, old }, recent: { fresh, old } };
}

export const GOOD = comparison(figures(100));
export const BAD = comparison(figures(100, 20));
export const FEW = comparison(figures(10, 10));

/** A server whose next reload has come as far as it does without a measurement. */
export function tried(
  change: Partial<RolloutSettings>,
  workers = 2,
  others: Partial<Settings> = {},
): Scenario {
  const server = serving({ ...others, workers, rollout: { ...PLAIN, ...change } });
  return server.reload().obey(...START);
}

/** Lets time pass, and measures the same each time. */
export function measure(server: Scenario, generation: number, what: Comparison, ms = 0): Scenario {
  const untilMs = server.nowMs + ms;
  server.send({ type: "measured", generation, comparison: what });
  while (server.nowMs < untilMs) {
    server.pass(Math.min(500, untilMs - server.nowMs));
    server.send({ type: "measured", generation, comparison: what });
  }
  return server;
}

/** The role of each generation, as `0:serving 1:starting`. */
export function roles({ state }: Scenario): string {
  return [...state.generations.values()].map(({ number, role }) => `${number}:${role}`).join(" ");
}

/** How the reloads since the last call end, once all that drains has gone. */
export function ends(server: Scenario): EffectOf<"reload-ended">[] {
  return server.obey(...END).takeOnly("reload-ended");
}
