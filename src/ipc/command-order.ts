// What the process that becomes a command of the operator's is told, as JSON in the variable
// `BECOME_VARIABLE`, and the arguments that it is told by.
import type { Identity } from "../os/privileges.ts";

export interface CommandOrder {
  /** Whom it becomes first; left out: it has the user that it is to have. */
  readonly identity?: Identity | undefined;
  /** The folder that the command is to run in. */
  readonly folder: string;
  /** What it has in its environment besides what this process has. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly file: string;
  readonly args: readonly string[];
  /** The process that has started it: it ends with that. */
  readonly master: number;
}

const ARGUMENTS = /^command for generation \d+$/;

export function commandArguments(generation: number): string[] {
  return ["command", "for", "generation", String(generation)];
}

/** Whether these are the arguments of such a process. */
export function areOfCommand(argv: readonly string[]): boolean {
  return ARGUMENTS.test(argv.join(" "));
}
