// How numbers and times of a proof are written.

/** `12,345`, `1 request`, `2 requests`. */
export function counted(count: number, what?: string): string {
  const number = count.toLocaleString("en-US");
  if (what === undefined) return number;
  return `${number} ${what}${count === 1 ? "" : "s"}`;
}

/** `0.4ms`, `12ms`, `1.2s`; `-` if there is none. */
export function shortTime(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return "-";
  if (ms < 9.95) return `${ms.toFixed(1)}ms`;
  return ms < 999.5 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`;
}

/** `2.31 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** The one in the middle; undefined: there is none. */
export function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [(sorted.length - 1) >> 1, sorted.length >> 1].map((at) => sorted[at]);
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
