// How long the process lives on for the app's last handlers.
//
// Many handlers return before their work is done: `server.close(() => db.end(() => exit(0)))`. So a
// process ends as it does under `bun`: when the app ends it, or when nothing of the app keeps it
// alive. Only an app that does neither meets a limit.
import { formatDuration } from "../../core/duration.ts";
import { untilNothingIsAlive } from "./alive.ts";

/**
 * How long the process lives on once all handlers are done, as far as they tell: their promises
 * have settled, or they have given none. Some packages first wait for five seconds, as lightship.
 */
const AFTERWARDS_MS = 7000;

/** What was cut off. */
export interface CutOff {
  /** How long the handlers have had. */
  readonly ms: number;
  /** That was all they may have. */
  readonly isTimeUp: boolean;
  /** Whether the promise of a handler is still pending. */
  readonly isPending: boolean;
}

/** @param which handler has thrown, for people */
type OnError = (error: unknown, which: string) => void;

/**
 * Calls the handlers. Resolves when the process may end.
 * @param limitMs how long that may take at most
 * @param onError gets what a handler throws, which ends that handler
 * @returns what that cuts off, if anything
 */
export async function runHandlers(
  handlers: readonly (() => unknown)[],
  limitMs: number,
  onError: OnError,
): Promise<CutOff | undefined> {
  if (handlers.length === 0) return emitBeforeExit(onError);
  const startedMs = performance.now();
  const end = new AbortController();
  let isTimeUp = false;
  later(limitMs, () => {
    isTimeUp = true;
    end.abort();
  });
  let isPending = true;
  let failed = 0;
  const all = handlers.map(async (handler) => {
    try {
      await handler();
    } catch (error) {
      failed++;
      onError(error, "signal handler");
    }
  });
  void Promise.all(all).then(() => {
    isPending = false;
    // Under `bun` an error ends the process: what such a handler has begun is not waited for.
    later(failed === handlers.length ? 0 : AFTERWARDS_MS, () => end.abort());
  });
  let isOver = await untilNothingIsAlive(end.signal);
  if (isOver) {
    emitBeforeExit(onError);
    isOver = await untilNothingIsAlive(end.signal);
  }
  if (isOver || failed === handlers.length) return undefined;
  const ms = 10 * Math.round((performance.now() - startedMs) / 10);
  return { ms, isTimeUp, isPending };
}

/** The listeners may begin something, as what an app sends at its end. */
function emitBeforeExit(onError: OnError): undefined {
  try {
    process.emit("beforeExit", 0);
  } catch (error) {
    onError(error, "listener of beforeExit");
  }
}

/** Does not keep the process alive for that. */
function later(ms: number, action: () => void): void {
  setTimeout(action, ms).unref();
}

/** What the log says of it. @param which handlers they are */
export function cutOffNote(which: string, { ms, isTimeUp, isPending }: CutOff): string {
  const when = isTimeUp ? ", when the time to drain was up" : "";
  const why = isPending
    ? "a promise that they have returned is still pending"
    : "they have not called process.exit, and something of the app keeps the process alive";
  return `the app's handlers of ${which} were cut off after ${formatDuration(ms)}${when}: ${why}`;
}
