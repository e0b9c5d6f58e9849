// Pure: when a burst of changes is over, so that one reload follows it. A single file is as good as
// saved at its last event. Several files come from a checkout or a formatter, and others follow.

/** Paths that something has happened to. Times in milliseconds, of a clock that never goes back. */
export interface Burst {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly paths: ReadonlySet<string>;
  /** A file of it is empty or missing, which is hardly what was meant. */
  readonly isUnsettled: boolean;
}

/** How long nothing more must happen. Some editors write a file in several steps. */
const QUIET_MS = 8;
const QUIET_AFTER_MANY_MS = 40;
/**
 * A program that replaces a whole folder may be held up between two of its files, on a busy machine
 * for some 200 ms. What serves goes on meanwhile: only who has deleted a file waits for it.
 */
const QUIET_UNSETTLED_MS = 400;
/** A burst that goes on is not waited for any longer: a program may write all the time. */
export const LONGEST_MS = 1000;

/** Something has happened to these paths. */
export function touched(
  burst: Burst | undefined,
  touchedPaths: readonly string[],
  nowMs: number,
): Burst {
  const paths = new Set([...(burst?.paths ?? []), ...touchedPaths]);
  return { firstMs: burst?.firstMs ?? nowMs, lastMs: nowMs, paths, isUnsettled: false };
}

/** It was over, but a file of it is not there yet, or is still empty. */
export function unsettled(burst: Burst): Burst {
  return { ...burst, isUnsettled: true };
}

/** When it is over, unless more comes. */
export function overAtMs({ firstMs, lastMs, paths, isUnsettled }: Burst): number {
  const quietMs = paths.size > 1 ? QUIET_AFTER_MANY_MS : QUIET_MS;
  const waitMs = isUnsettled ? QUIET_UNSETTLED_MS : quietMs;
  return Math.min(lastMs + waitMs, firstMs + LONGEST_MS);
}

/** It does not matter any more whether it is settled. */
export function isSettled({ firstMs, isUnsettled }: Burst, nowMs: number): boolean {
  return isUnsettled || nowMs >= firstMs + LONGEST_MS;
}
