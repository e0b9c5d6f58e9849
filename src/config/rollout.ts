// How new versions are tried: the settings of `[rollout]`, and which of them do not go together.
import type * as v from "valibot";
import type { CommandLine, RolloutConfig } from "./config.ts";
import type { CONFIG_SCHEMA } from "./schema/schema.ts";
import type { Setting } from "./schema/setting.ts";

/** @param verify see `commandOf` */
export function rolloutOf(
  values: v.InferOutput<typeof CONFIG_SCHEMA>["rollout"],
  verify: CommandLine | undefined,
): RolloutConfig {
  return {
    strategy: values.strategy,
    maxSurge: values.max_surge,
    canaryShare: values.canary,
    canaryMs: values.canary_duration,
    bakeMs: values.bake,
    maxErrorRate: values.max_error_rate,
    maxLatencyRatio: values.max_latency_ratio,
    minRequests: values.min_requests,
    maxDraining: values.max_draining,
    hasVerify: verify !== undefined,
    verifyTimeoutMs: values.verify_timeout,
    warmup: values.warmup ?? [],
    verify,
  };
}

/** Keys that mean something with one strategy only. */
const NEEDS: Readonly<Record<string, RolloutConfig["strategy"]>> = {
  "rollout.canary": "all",
  "rollout.bake": "all",
  "rollout.max_surge": "rolling",
};

/** Keys that mean something in a canary or in a bake only. */
const OF_TRIALS = ["rollout.max_error_rate", "rollout.max_latency_ratio", "rollout.min_requests"];

/**
 * A key that would have no effect was meant to have one.
 * @param wrong the keys that are given, but have an error already
 */
export function rolloutErrors(
  effective: ReadonlyMap<string, Setting>,
  { strategy, canaryShare, bakeMs }: RolloutConfig,
  wrong: ReadonlySet<string>,
): string[] {
  const errors: string[] = [];
  const isGiven = (name: string): boolean => effective.has(name) || wrong.has(name);
  const isOn: Readonly<Record<string, boolean>> = {
    "rollout.canary": canaryShare > 0,
    "rollout.bake": bakeMs > 0,
  };
  for (const [name, needed] of Object.entries(NEEDS)) {
    const setting = effective.get(name);
    if (setting === undefined || strategy === needed || isOn[name] === false) continue;
    const remedy = `needs strategy = "${needed}", and it is "${strategy}": set one of the two only`;
    errors.push(`${setting.place}: ${name} ${remedy}`);
  }
  const duration = effective.get("rollout.canary_duration");
  // With `canary = 0` in so many words, it is turned off for a while.
  if (duration !== undefined && canaryShare === 0 && !isGiven("rollout.canary")) {
    errors.push(`${duration.place}: this is how long a canary lasts: set rollout.canary as well`);
  }
  const timeout = effective.get("rollout.verify_timeout");
  if (timeout !== undefined && !isGiven("rollout.verify")) {
    errors.push(
      `${timeout.place}: this is how long a command may take: set rollout.verify as well`,
    );
  }
  // Turned off in so many words, as above.
  if (!isGiven("rollout.canary") && !isGiven("rollout.bake")) {
    const idle = OF_TRIALS.flatMap((name) => effective.get(name) ?? []);
    const remedy = "a new version is judged by this on trial: set rollout.canary or rollout.bake";
    errors.push(...idle.map(({ place }) => `${place}: ${remedy} as well`));
  }
  return errors;
}
