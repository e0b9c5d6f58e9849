// Whether this worker is the leader: the one that does what is to be done once. Its master says so,
// and for how long; while the loop of this worker turns, it asks for more time, and when it is told
// to resign, it says when it has. The rules are in core/rules/leader.ts.
//
// Whoever asks gets the answer from the clock, which is the same in all processes of the machine:
// a loop that was blocked for too long, or whose master has died, leads no more, whatever messages
// are on their way.
import { LEASE_MS } from "../../core/settings.ts";
import { machineMs } from "../../os/clock.ts";

/** How often it asks for more time. */
const ASK_EACH_MS = LEASE_MS / 3;

/**
 * How long what the app does as the leader may take to end, once its signal was aborted: less than
 * a lease. After that another worker may lead all the same.
 */
export const RESIGN_MS = 1000;

interface Master {
  /** Whether it lives. */
  readonly isThere: () => boolean;
  readonly tell: (type: "lease-wanted" | "resigned") => void;
}

interface Term {
  readonly abort: AbortController;
  /** What the app does as the leader has ended. */
  readonly ended: Promise<void>;
  readonly asking: ReturnType<typeof setInterval>;
}

export class Leadership {
  #term: Term | undefined;
  /** As `machineMs` gives it. */
  #untilMs = 0;
  #ending: ReturnType<typeof setTimeout> | undefined;
  #resigned: Promise<void> = Promise.resolve();
  /** The worker drains: it never leads again. */
  #hasLeft = false;

  constructor(readonly master: Master) {}

  get isLeader(): boolean {
    return this.#term !== undefined && machineMs() < this.#untilMs && this.master.isThere();
  }

  /**
   * From now on this worker leads.
   * @param run what the app does as the leader, until the signal is aborted
   */
  lead(untilMs: number, run: (signal: AbortSignal) => unknown): void {
    if (this.#term !== undefined) return this.renew(untilMs);
    if (this.#hasLeft || machineMs() >= untilMs) return this.master.tell("resigned");
    const abort = new AbortController();
    const asking = setInterval(() => this.#ask(), ASK_EACH_MS).unref();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    // Before the app runs, which asks.
    this.#term = { abort, ended, asking };
    this.#setEnd(untilMs);
    void runUntilEnd(run, abort.signal).then(resolve);
  }

  /** It goes on leading, if it does. */
  renew(untilMs: number): void {
    if (this.#term !== undefined && machineMs() < this.#untilMs) this.#setEnd(untilMs);
  }

  /** Another one is to lead. */
  resign(): void {
    this.#end("another worker is to be the leader");
  }

  /** The worker drains. Resolves when what the app did as the leader has ended, or is given up. */
  leave(): Promise<void> {
    this.#hasLeft = true;
    this.#end("the worker drains");
    return this.#resigned;
  }

  #ask(): void {
    if (this.isLeader) this.master.tell("lease-wanted");
  }

  #setEnd(untilMs: number): void {
    this.#untilMs = untilMs;
    clearTimeout(this.#ending);
    const look = (): void => {
      if (machineMs() < this.#untilMs) return this.#setEnd(this.#untilMs);
      this.#end("the worker did not answer in time, and another one may be the leader");
    };
    this.#ending = setTimeout(look, Math.max(1, Math.ceil(untilMs - machineMs()))).unref();
  }

  #end(why: string): void {
    const term = this.#term;
    if (term === undefined) return;
    this.#term = undefined;
    clearTimeout(this.#ending);
    clearInterval(term.asking);
    term.abort.abort(new DOMException(why, "AbortError"));
    const { promise: isTimeUp, resolve } = Promise.withResolvers<void>();
    // It keeps nothing alive: see alive.ts.
    setTimeout(resolve, RESIGN_MS).unref();
    this.#resigned = Promise.race([term.ended, isTimeUp]).then(() => this.master.tell("resigned"));
  }
}

/** What it throws counts as an error outside a request, unless it only says that it was aborted. */
async function runUntilEnd(
  run: (signal: AbortSignal) => unknown,
  signal: AbortSignal,
): Promise<void> {
  try {
    await run(signal);
  } catch (error) {
    const isAbort = error instanceof Error && error.name === "AbortError";
    if (!signal.aborted || (!isAbort && error !== signal.reason)) void Promise.reject(error);
  }
}
