// What was found out about a server, as plain data: verdict, table and JSON are made from it.
import type { ModeResult } from "./load/result.ts";
import type { Mode } from "./load/plan.ts";
import type { BadVersion } from "./bad-versions.ts";

/** A mode in which there was no load. */
export interface NotRun {
  readonly mode: Mode;
  /** Such as `/ does not upgrade; --websocket PATH`. */
  readonly why: string;
  /** It was asked for by name, so that without it nothing is proven. */
  readonly wasAskedFor: boolean;
}

/** One reload. Times are milliseconds since the load began. */
export interface Reload {
  /** From 1 on. */
  readonly number: number;
  /** What was loaded. */
  readonly version: "good" | BadVersion;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly outcome: "completed" | "rejected";
  /** Why it was rejected. */
  readonly reason: string | undefined;
  /** From its beginning; undefined: the server does not say. */
  readonly readyMs: number | undefined;
  /** From then on. */
  readonly drainMs: number | undefined;
}

export interface Evidence {
  /** For people: what was proven. */
  readonly name: string;
  readonly url: string;
  readonly seed: number;
  /** How long there was load. */
  readonly seconds: number;
  readonly modes: readonly ModeResult[];
  readonly notRun: readonly NotRun[];
  /** What was named and is not proven, beside modes: paths, each with the reason. */
  readonly unproven: readonly string[];
  readonly reloads: readonly Reload[];
  /** The longest time in which the clients did nothing at all; 0: there was none. */
  readonly stalledMs: number;
  /** What makes the proof say less than it seems to. */
  readonly doubts: readonly string[];
  /** Bad versions that were not tried, and why. */
  readonly untried: readonly string[];
  /** How the server ended before its time; undefined: it did not. */
  readonly died: string | undefined;
  /** What was wrong with the load itself; undefined: nothing. */
  readonly loadProblem: string | undefined;
  /** The last lines of the server, if something was wrong. */
  readonly lastLines: readonly string[];
  /** What was wrong with its stop, once the load had ended; undefined: nothing. */
  readonly stopProblem: string | undefined;
}
