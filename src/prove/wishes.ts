// What a user has asked `pounce prove` to do with each server.
import type { Mode } from "./load/plan.ts";

export interface Wishes {
  /** At least one. */
  readonly paths: readonly string[];
  /** Where requests that write may go; none are named: to a server of ours, `paths`. */
  readonly postPaths: readonly string[];
  /** Undefined: perhaps one of `paths` is an event stream. */
  readonly ssePath: string | undefined;
  /** Undefined: perhaps one of `paths` upgrades. */
  readonly webSocketPath: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: all. */
  readonly modes: readonly Mode[] | undefined;
  /** At least one. */
  readonly reloads: number;
  readonly clients: number | undefined;
  /** Requests a second; undefined: as fast as it goes. */
  readonly rate: number | undefined;
  readonly timeoutMs: number;
  readonly seed: number;
}
