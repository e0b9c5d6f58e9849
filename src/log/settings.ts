// What the configuration says about the log: the same for the master and all workers of a
// generation.
import type { LogLevel } from "../core/effects.ts";

/** From the most to the least that is written. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const satisfies LogLevel[];

export const LOG_FORMATS = ["text", "json"] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * How a request is logged: as web servers have always done, with two headers more, or as an object.
 */
export const ACCESS_FORMATS = ["common", "combined", "json"] as const;

export type AccessFormat = (typeof ACCESS_FORMATS)[number];

/** What the configuration says about the access log. */
export interface AccessLogSettings {
  readonly format: AccessFormat;
  /** Absolute; undefined: stdout. */
  readonly file: string | undefined;
  /** Paths that are left out; one that ends with `*` stands for all that begin so. */
  readonly exclude: readonly string[];
}

export interface LogSettings {
  /** The least level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Absolute; undefined: stdout, and stderr for warnings and errors. */
  readonly file: string | undefined;
  /** Whether what the workers print is written as entries of the log. */
  readonly capture: boolean;
}
