// Durations as people write them in a configuration, turned into milliseconds.

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** What a duration looks like as a string: digits, perhaps a fraction, perhaps a unit. */
export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/;

/**
 * Reads a duration. A number, or a string without a unit, counts seconds.
 *
 * @returns whole milliseconds, rounded; undefined when a string does not match
 *   {@link DURATION_PATTERN}. The range is the caller's to check.
 */
export function parseDuration(written: number | string): number | undefined {
  if (typeof written === "number") return Math.round(written * UNIT_MS.s);
  const match = DURATION_PATTERN.exec(written);
  if (match === null) return undefined;
  const unit = (match[2] ?? "s") as keyof typeof UNIT_MS;
  return Math.round(Number(match[1]) * UNIT_MS[unit]);
}
