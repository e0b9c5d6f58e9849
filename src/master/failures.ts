// Failures that nothing else handles. What the system refused (EMFILE, ENOMEM, …) is logged, and
// the server goes on: it may be granted next time. Anything else is a fault of pounce, after which
// nobody knows what else is wrong. Supervisors restart a process that has ended, but not one that
// no longer responds. So the server stops gracefully, and exits with 1.
import { message as words } from "../core/messages.ts";
import type { Log } from "../log/logger.ts";
import { codeOf, explain } from "../os/shortage.ts";
import type { ControlLoop } from "./loop.ts";
import type { Clock } from "./surroundings.ts";

/** How soon to log the same refusal of the system again. */
const TELL_AGAIN_MS = 60_000;

interface FailuresOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly loop: () => ControlLoop;
  /** Ends the master at once. */
  readonly end: (code: number) => void;
}

export class Failures {
  /** An error of pounce itself has ended the server. */
  #hasFailed = false;
  /** The refusal of the system that was last logged. */
  #told = { what: "", atMs: 0 };

  constructor(readonly options: FailuresOptions) {}

  /** An uncaught error or rejection. */
  take(error: unknown): void {
    const { log, loop, end } = this.options;
    const isRefusal = codeOf(error) !== undefined;
    if (isRefusal ? this.#wasTold(error) : this.#hasFailed) return;
    const what = isRefusal ? words.masterRefused : words.masterFailed;
    log("error", "master-failed", what(explain(error)));
    if (isRefusal) return;
    this.#hasFailed = true;
    if (loop().state.succession.name === "granted") return end(1);
    const signal = "an internal error";
    loop().dispatch({ type: "stop-requested", mode: "graceful", signal });
  }

  /**
   * Nothing can be decided any more, not even a stop: the master ends at once. Its workers finish
   * their requests and end, as orphans do, and a new master waits for them.
   */
  takeLast(error: unknown): void {
    this.#hasFailed = true;
    this.options.log("error", "master-broken", words.masterBroken(explain(error)));
    this.options.end(1);
  }

  /** The code to exit with, in place of one that knows of no failure. */
  exitCode(code: number): number {
    return this.#hasFailed ? 1 : code;
  }

  /** Whether the same refusal was logged within the last minute. */
  #wasTold(error: unknown): boolean {
    const what = String(error);
    const nowMs = this.options.clock.now();
    const isNew = what !== this.#told.what || nowMs - this.#told.atMs > TELL_AGAIN_MS;
    if (isNew) this.#told = { what, atMs: nowMs };
    return !isNew;
  }
}
