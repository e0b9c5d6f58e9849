// What `pounce prove` needs of a server that it proves, whatever server that is.
import type { Endpoint } from "./load/endpoint.ts";

/** How one reload ended. It never throws: a server that has gone is an outcome, too. */
export interface ReloadOutcome {
  readonly outcome: "completed" | "rejected";
  /** Why it was rejected. */
  readonly reason: string | undefined;
  /** From the order until the new version takes all new connections; undefined: it does not say. */
  readonly readyMs: number | undefined;
  /** From then until the old processes have gone; undefined: it does not say. */
  readonly drainMs: number | undefined;
}

/** A server that is being proven. */
export interface Subject {
  /** For people: `pounce ./app.ts`, or the command that started it. */
  readonly name: string;
  /** Where the load goes. */
  readonly target: Endpoint;
  /** Whether it is known to speak HTTP/2 without TLS, to those who know that beforehand. */
  readonly isH2c: boolean;
  /** Whether it is ours alone, so that it may get requests that write. */
  readonly isOurs: boolean;
  /** How long to wait after a reload before it counts as over. */
  readonly settleMs: number;
  /** Resolves with the reason, should the server end before `end` is called. */
  readonly died: Promise<string>;
  reload(): Promise<ReloadOutcome>;
  /**
   * Ends it, if it is ours. Resolves with what was wrong with that; undefined: nothing.
   * @param isHurried somebody waits at a terminal: not gracefully
   */
  end(isHurried: boolean): Promise<string | undefined>;
  /** What is not known of the reloads that there were. */
  doubts(): readonly string[];
  /** The last lines that it has written; none if nobody has kept them. */
  lastLines(): readonly string[];
}

/** A subject, or why there is none, and what it had written by then. */
export type Started =
  | { readonly ok: true; readonly subject: Subject }
  | {
      readonly ok: false;
      readonly code:
        "usage" | "failed" | "not-running" | "no-answer" | "ambiguous" | "disagreement";
      readonly message: string;
      readonly lines: readonly string[];
    };

/** A reload that has no times. */
export function rejected(reason: string): ReloadOutcome {
  return { outcome: "rejected", reason, readyMs: undefined, drainMs: undefined };
}
