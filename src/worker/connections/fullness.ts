// Whether a worker has as many connections as it may (`limits.max_connections`).

/** So long the master has to send new connections elsewhere, if there is room elsewhere. */
const STEER_WITHIN_MS = 50;
/** One part in so many must have ended before a worker takes more: it is not full all the time. */
const SLACK = 50;

/** Since when it is full; undefined: it has room. Milliseconds of any clock. */
export type Fullness = { readonly sinceMs: number } | undefined;

/** @param count how many connections there are */
export function fullnessAt(before: Fullness, count: number, most: number, nowMs: number): Fullness {
  if (before === undefined) return count >= most ? { sinceMs: nowMs } : undefined;
  const enough = most - Math.max(1, Math.floor(most / SLACK));
  return count > enough ? before : undefined;
}

/** Whether whoever still comes cannot be served: no worker has room, or nobody can steer. */
export function refuses(fullness: Fullness, nowMs: number): boolean {
  return fullness !== undefined && nowMs - fullness.sinceMs >= STEER_WITHIN_MS;
}
