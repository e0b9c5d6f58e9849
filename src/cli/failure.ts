// What a command says when it fails: one line to a person, one shape of JSON to a program.
import { EXIT_CODE } from "../exit-codes.ts";
import { printable } from "../log/printable.ts";
import { printJson } from "./print.ts";

/** Why a command did not succeed, for programs, and the exit code of each. */
const EXIT = {
  usage: EXIT_CODE.usage,
  /** No running server was found. */
  "not-running": EXIT_CODE.notRunning,
  /** Several servers may be meant. */
  ambiguous: EXIT_CODE.usage,
  /** The flags name different servers. */
  disagreement: EXIT_CODE.usage,
  /** A server listens but gives no sign of life. */
  "no-answer": EXIT_CODE.failed,
  /** The server went away while it was asked. */
  gone: EXIT_CODE.notRunning,
  /** The server says why not. */
  refused: EXIT_CODE.failed,
  /** The new generation was rejected. */
  rejected: EXIT_CODE.failed,
  /** The new generation was bad; the old one serves again, or still. */
  "rolled-back": EXIT_CODE.failed,
  /** Not done, for another reason. */
  failed: EXIT_CODE.failed,
} as const;

export interface Failure {
  readonly code: keyof typeof EXIT;
  readonly message: string;
}

/** A mistake in how a command was called. */
export function usage(message: string): Failure {
  return { code: "usage", message };
}

/**
 * Tells it: as JSON on stdout, `{"error":{"code":…,"message":…}}`, or as a line on stderr.
 *
 * @param by what the line begins with
 * @returns the exit code
 */
export async function tellFailure({ code, message }: Failure, isJson: boolean, by = "pounce") {
  if (isJson) {
    await printJson({ error: { code, message: printable(message) } });
  } else {
    // To serve does not take what this loads.
    const { report } = await import("./report.ts");
    report.error(`${by}: ${message}`);
  }
  return EXIT[code];
}
