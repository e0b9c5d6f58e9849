// What a command says when it does not succeed: one line for a person, one shape for a program.
import { printable } from "../log/printable.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printJson } from "./print.ts";

export interface Failure {
  /** For programs. */
  readonly code:
    | "usage"
    /** No running server was found. */
    | "not-running"
    /** Several servers may be meant. */
    | "ambiguous"
    /** What was given names different servers. */
    | "disagreement"
    /** Somebody listens and gives no sign of life. */
    | "no-answer"
    /** The server went away meanwhile. */
    | "gone"
    /** The server says why not. */
    | "refused"
    /** The new generation was rejected. */
    | "rejected"
    /** Not done, for another reason. */
    | "failed";
  readonly message: string;
  readonly exit: ExitCode;
}

/**
 * Tells it: as JSON on stdout, `{"error":{"code":…,"message":…}}`, or as a line on stderr.
 *
 * @param before what the line begins with
 * @returns the exit code
 */
export async function tellFailure(
  { code, message, exit }: Failure,
  isJson: boolean,
  before = "pounce",
): Promise<number> {
  if (isJson) await printJson({ error: { code, message: printable(message) } });
  else process.stderr.write(`${before}: ${printable(message)}\n`);
  return exit;
}
