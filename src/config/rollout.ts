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

/** A key that would have no effect was meant to have one. */
export function rolloutErrors(
  effective: ReadonlyMap<string, Setting>,
  { strategy, canaryShare, bakeMs }: RolloutConfig,
): string[] {
  const errors: string[] = [];
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
  if (duration !== undefined && canaryShare === 0 && !effective.has("rollout.canary")) {
    errors.push(`${duration.place}: this is how long a canary lasts: set rollout.canary as well`);
  }
  const timeout = effective.get("rollout.verify_timeout");
  if (timeout !== undefined && !effective.has("rollout.verify")) {
    errors.push(
      `${timeout.place}: this is how long a command may take: set rollout.verify as well`,
    );
  }
  return errors;
}
