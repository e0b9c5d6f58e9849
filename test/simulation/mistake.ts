// A master that is right except for one thing, and the checker that should find it.

import type { StepFunction } from "./bench.ts";
import type { Breaking } from "./broken-shell.ts";
import type { Checker } from "./checkers/checker.ts";
import type { Profile } from "./world/profile.ts";

export interface Mistake {
  readonly checker: () => Checker;
  /** Left out: the real one. */
  readonly step?: StepFunction;
  /** What is wrong with the shell. Left out: nothing. */
  readonly shell?: Breaking;
  /** In worlds where it does harm sooner. Left out: in any. */
  readonly profile?: Partial<Profile>;
  /** In a world where each address has at most one listener. */
  readonly solo?: boolean;
  /** In a world where all workers share the listening sockets of the master. */
  readonly isShared?: boolean;
}
