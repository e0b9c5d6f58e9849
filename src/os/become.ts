// What a process is told that is to become another user, and then the program that it is for.
import type { Identity } from "./privileges.ts";

/**
 * The variable in which it is told that, as JSON. The program that it becomes does not have it, nor
 * has any other.
 */
export const BECOME_VARIABLE = "POUNCE_BECOME";

export interface Become {
  readonly identity: Identity;
  /** The folder that the program is to run in. */
  readonly folder: string;
  /** What the program has in its environment besides what this process has. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}
