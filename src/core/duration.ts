// How a duration is written, in the log and in every message.

const HOUR_MS = 3_600_000;

/**
 * `250ms`, `1.5s`, `120s` or `24h`, as the configuration may have it too. Exact up to ten seconds,
 * from there to a tenth of a second.
 */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Math.round(ms)}ms`;
  if (ms > 0 && ms % HOUR_MS === 0) return `${ms / HOUR_MS}h`;
  return `${Number((ms / 1000).toFixed(ms < 10_000 ? 3 : 1))}s`;
}
