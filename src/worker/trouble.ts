// Reports a repeated failure once, and again only after things have gone well in between.
//
// A worker's periodic tasks and waits go on after a failure: mostly it is a shortage that passes.

import type { LogEvent } from "../core/log-events.ts";
import { explain } from "../os/shortage.ts";

/** Reports what is wrong. @param event what happened, for programs; @param words for people */
export type Tell = (event: LogEvent, words: string) => void;

export class Trouble {
  #isKnown = false;

  constructor(
    readonly tell: Tell,
    readonly event: LogEvent,
    /** What fails, as the start of a sentence. */
    readonly what: string,
  ) {}

  /** Does `action`. If it throws, that is reported, and ends nothing. */
  survive(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.note(error);
    }
  }

  note(error: unknown): void {
    if (this.#isKnown) return;
    this.#isKnown = true;
    this.tell(this.event, `${this.what} failed: ${explain(error)}`);
  }

  /** It has gone well. */
  end(): void {
    this.#isKnown = false;
  }
}

/**
 * Calls `task` again and again for the life of the process, however often it fails.
 * @param ms until the first call, and until the next one after a failure
 * @param task gets the time when it was due, as `performance.now()` gives it; resolves with the
 *   milliseconds until the next call
 */
export function periodically(
  trouble: Trouble,
  ms: number,
  task: (dueMs: number) => number | Promise<number>,
): void {
  const wait = (nextMs: number): void => {
    const dueMs = performance.now() + nextMs;
    setTimeout(() => void turn(dueMs), nextMs).unref();
  };
  const turn = async (dueMs: number): Promise<void> => {
    let nextMs = ms;
    try {
      nextMs = await task(dueMs);
      trouble.end();
    } catch (error) {
      trouble.note(error);
    }
    wait(nextMs);
  };
  wait(ms);
}

/**
 * Resolves once `isDone` returns true, or at `untilMs` of `performance.now()`. If it throws, that
 * means no.
 * @param pauseMs between two calls, given what the last one took
 */
export async function until(
  trouble: Trouble,
  isDone: () => boolean | Promise<boolean>,
  pauseMs: (tookMs: number) => number,
  untilMs = Infinity,
): Promise<void> {
  for (;;) {
    const startedMs = performance.now();
    try {
      if (await isDone()) return;
      trouble.end();
    } catch (error) {
      trouble.note(error);
    }
    const endedMs = performance.now();
    if (endedMs >= untilMs) return;
    await Bun.sleep(pauseMs(endedMs - startedMs));
  }
}
