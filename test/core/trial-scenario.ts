// Servers in the middle of a trial of generation 1, and what is measured there.

import type { RolloutSettings, Settings } from "../../src/core/settings.ts";
import type { Comparison } from "../../src/core/verdict.ts";
import { Scenario, serving, START } from "./scenario.ts";

export const ROLLOUT: RolloutSettings = {
  strategy: "all",
  maxSurge: 1,
  canaryShare: 0.1,
  canaryMs: 30_000,
  bakeMs: 0,
  maxErrorRate: 0.05,
  maxLatencyRatio: 0,
  minRequests: 50,
  hasVerify: false,
};

/** So many requests of the new generation, of which so many failed; the old one is fine. */
export function comparisonOf(requests: number, errors: number): Comparison {
  const fresh = { requests, errors, p99Ms: 12.3456 };
  const pair = { fresh, old: { requests: 900, errors: 0, p99Ms: 11 } };
  const none = { requests: 0, errors: 0, p99Ms: undefined };
  return { whole: pair, recent: { fresh: none, old: none } };
}

/** Generation 1 gets a tenth of the new connections. */
export function inCanary(rollout: Partial<RolloutSettings> = {}): Scenario {
  return reloaded({ rollout: { ...ROLLOUT, ...rollout } });
}

/** Generation 1 serves, and generation 0 is in standby. */
export function inBake(): Scenario {
  return reloaded({ rollout: { ...ROLLOUT, canaryShare: 0, bakeMs: 60_000 } });
}

function reloaded(change: Partial<Settings>): Scenario {
  const scenario = serving(change)
    .reload()
    .obey(...START);
  scenario.take();
  return scenario;
}

/** A measurement of generation 1 has come. */
export function measure(server: Scenario, comparison: Comparison | undefined): Scenario {
  return server.send({ type: "measured", generation: 1, comparison });
}
