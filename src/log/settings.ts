// What the configuration says about the log: the same for the master and all workers of a
// generation.
import type { LogLevel } from "../core/effects.ts";

/** From the most verbose to the least. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const satisfies LogLevel[];

export const LOG_FORMATS = ["text", "json"] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

/** How to log a request: as web servers always have, with two more headers, or as an object. */
export const ACCESS_FORMATS = ["common", "combined", "json"] as const;

export type AccessFormat = (typeof ACCESS_FORMATS)[number];

/** What the configuration says about the access log. */
export interface AccessLogSettings {
  readonly format: AccessFormat;
  /** Absolute; undefined: stdout. */
  readonly file: string | undefined;
  /** Paths that are left out; a path that ends with `*` is a prefix. */
  readonly exclude: readonly string[];
}

export interface LogSettings {
  /** The minimum level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Absolute; undefined: stdout, and stderr for warnings and errors. */
  readonly file: string | undefined;
  /** Whether the output of workers becomes entries of the log. */
  readonly capture: boolean;
}
