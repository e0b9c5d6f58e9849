// The keys of `[recycle]`, `[respawn]` and `[watchdog]`: when a worker is replaced.
import * as v from "valibot";
import { UNCAUGHT } from "../../core/settings.ts";
import { oneOf } from "./choice-type.ts";
import { key } from "./key.ts";
import { sizeOrNone } from "./size-type.ts";
import { duration, timeOrNone, wholeNumber } from "./value-types.ts";
import { HOUR_MS, TIB, untilForced } from "./units.ts";

/** Waits between attempts: without any, a worker that cannot start would take up a whole CPU. */
const backoff = duration({ minMs: 10, maxMs: HOUR_MS });

export const RECYCLE_KEYS = v.optional(
  v.strictObject({
    max_requests: key(wholeNumber(0, 1_000_000_000), {
      meaning: "requests after which a worker is replaced, new before old; 0: any number",
      defaultValue: 0,
    }),
    max_requests_jitter: key(wholeNumber(0, 1_000_000_000), {
      meaning: "up to so many more requests, drawn at random for each worker",
      defaultValue: 0,
    }),
    // Not even an empty worker has less.
    max_rss: key(sizeOrNone({ min: 32 * 1024 ** 2, max: TIB }), {
      meaning: "resident memory at which a worker is replaced; 0: any",
      defaultValue: 0,
    }),
    max_lifetime: key(timeOrNone({ minMs: 1000, maxMs: 365 * 24 * HOUR_MS }), {
      meaning: "age at which a worker is replaced; 0: any",
      defaultValue: 0,
    }),
  }),
  {},
);

export const RESPAWN_KEYS = v.optional(
  v.strictObject({
    max_crashes: key(wholeNumber(1, 1000), {
      meaning: "crashes within the window that fail a start, and roll back a new version on trial",
      defaultValue: 5,
    }),
    window: key(untilForced, { meaning: "how long a crash counts", defaultValue: "60s" }),
    backoff_min: key(backoff, {
      meaning: "delay after the second crash; doubles each time",
      defaultValue: "500ms",
    }),
    backoff_max: key(backoff, { meaning: "maximum delay before a restart", defaultValue: "30s" }),
    uncaught: key(oneOf(UNCAUGHT), {
      meaning:
        "what an error that the app throws outside a request does: replace the worker " +
        "and drain it; end it at once; log the error",
      defaultValue: "recycle",
    }),
  }),
  {},
);

export const WATCHDOG_KEYS = v.optional(
  v.strictObject({
    // Garbage collection, and a synchronous call that is slow, must not pass for a hang.
    hang_timeout: key(timeOrNone({ minMs: 1000, maxMs: 24 * HOUR_MS }), {
      meaning: "how long a worker may make no progress, until it is killed and replaced; 0: any",
      defaultValue: "30s",
    }),
  }),
  {},
);
