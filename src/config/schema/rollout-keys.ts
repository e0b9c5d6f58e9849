// The keys of `[rollout]`: how a new version takes over.
import * as v from "valibot";
import { MAX_WORKERS } from "../../core/rules/scale.ts";
import { STRATEGIES } from "../../core/settings.ts";
import { oneOf } from "./choice-type.ts";
import { key } from "./key.ts";
import { commandLine, errorRate, ratio, requestPathList, share } from "./rollout-types.ts";
import { duration, wholeNumber } from "./value-types.ts";
import { HOUR_MS } from "./units.ts";

/** A trial is measured ten times or more. */
const trialTime = duration({ minMs: 1000, maxMs: 24 * HOUR_MS });

export const ROLLOUT_KEYS = v.optional(
  v.strictObject({
    strategy: key(oneOf(STRATEGIES), {
      meaning:
        "how a new version takes over: beside the old one; a few workers at a time; or after " +
        "the old one has stopped",
      defaultValue: "all",
    }),
    max_surge: key(wholeNumber(1, MAX_WORKERS), {
      meaning: "rolling: how many workers there may be above the wanted number",
      defaultValue: 1,
    }),
    warmup: key(requestPathList(), {
      meaning: "paths that each new worker is asked for, before it is ready",
      unset: "none",
    }),
    verify: key(commandLine(), {
      meaning: "command, and its arguments, that says yes or no to a new version",
      unset: "none",
    }),
    verify_timeout: key(duration({ minMs: 1000, maxMs: HOUR_MS }), {
      meaning: "how long the command may take, each time",
      defaultValue: "30s",
    }),
    canary: key(share(), {
      meaning: "share of new connections that a new version gets at first; 0: no canary",
      defaultValue: 0,
    }),
    canary_duration: key(trialTime, {
      meaning: "how long, until it gets all",
      defaultValue: "30s",
    }),
    bake: key(duration({ minMs: 0, maxMs: 24 * HOUR_MS }), {
      meaning: "how long the old version then stays loaded, to take over again; 0: not at all",
      defaultValue: 0,
    }),
    max_error_rate: key(errorRate(), {
      meaning:
        "highest share of failed requests of a new version on trial; as a text, such as " +
        '"2x": that many times the old one\'s',
      defaultValue: 0.05,
    }),
    max_latency_ratio: key(ratio(), {
      meaning: "highest p99 latency of a new version on trial, to the old one's; 0: any",
      defaultValue: 0,
    }),
    min_requests: key(wholeNumber(1, 1_000_000), {
      meaning: "requests that a new version needs before it is judged by them",
      defaultValue: 50,
    }),
    max_draining: key(wholeNumber(1, 100), {
      meaning: "old versions that may drain at once; a reload waits then",
      defaultValue: 3,
    }),
  }),
  {},
);
