// What the control loop knows of a new generation from its beginning to the end of its trials. The
// rules that move it on: rules/rollout.ts, completion.ts, canary.ts, promotion.ts, bake.ts.

import type { Settings } from "./settings.ts";
import type { Respawn } from "./crash-history.ts";
import type { Comparison } from "./figures.ts";

/** The progress of a new generation until it is steered to. */
export type Rollout =
  | { readonly name: "none" }
  | {
      readonly name: "configuring";
      readonly generation: number;
      readonly deadlineMs: number;
    }
  /** The old one stops before the new one starts. `settings`: of the new one. */
  | { readonly name: "emptying"; readonly generation: number; readonly settings: Settings }
  | { readonly name: "first-load"; readonly generation: number }
  | Filling
  /** It is ready. The operator's command looks at it before any client does. */
  | {
      readonly name: "verifying";
      readonly generation: number;
      readonly deadlineMs: number;
      readonly rolling?: Rolling;
    }
  | Canary;

/** The workers of the new generation start. */
export interface Filling {
  readonly name: "filling";
  readonly generation: number;
  /** They replace the old ones a few at a time; left out: all at once, when all are ready. */
  readonly rolling?: Rolling;
}

/** A few workers at a time: what there may be, and what there was. */
export interface Rolling {
  /** The most workers of both generations. */
  readonly most: number;
  /** How many workers the old generation had. */
  readonly oldTarget: number;
  /** The operator's command looks at the first worker before any client does. */
  readonly isVerified: boolean;
  /** A new worker has been ready since then: clients have come to it. Left out: none has. */
  readonly hasClients?: true;
}

/** The new generation gets a share of the new connections, and is compared with the old one. */
export interface Canary {
  readonly name: "canary";
  readonly generation: number;
  /** Of new connections, from 0 to 1. */
  readonly share: number;
  readonly trial: Trial;
  /** The operator's second look. `none`: nobody looks, or it was fine. */
  readonly verify:
    | { readonly name: "none" }
    | { readonly name: "due"; readonly atMs: number }
    | { readonly name: "running"; readonly deadlineMs: number };
  readonly respawn: Respawn;
  /** What is on disk for a newer version that is wanted. Left out: nobody has looked. */
  readonly next?:
    | { readonly name: "checking"; readonly deadlineMs: number }
    | { readonly name: "valid" }
    | undefined;
}

/** A time in which a new generation is compared with the old one. */
export interface Trial {
  readonly untilMs: number;
  /** When the next measurement is due. */
  readonly measureAtMs: number;
  /** Between two of them. */
  readonly pauseMs: number;
  /** Crashes of the new generation, and errors that its app threw outside a request. */
  readonly troubles: number;
  /** The last measurement. */
  readonly comparison: Comparison | undefined;
}

/** The generation that serves is on trial, and the one before it can take over again at once. */
export interface Bake {
  /** The generation in standby. */
  readonly standby: number;
  readonly trial: Trial;
  /** Its crashes since then. */
  readonly respawn: Respawn;
}
