// How a duration is written in the log and in every message.

const HOUR_MS = 3_600_000;

/**
 * `250ms`, `1.5s`, `120s` or `24h`, which are also valid in the configuration. Exact up to ten
 * seconds, and to a tenth of a second above.
 */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Math.round(ms)}ms`;
  if (ms > 0 && ms % HOUR_MS === 0) return `${ms / HOUR_MS}h`;
  return `${Number((ms / 1000).toFixed(ms < 10_000 ? 3 : 1))}s`;
}
