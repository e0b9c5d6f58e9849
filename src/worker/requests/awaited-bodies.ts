// Which requests have a body of which more is to come, for certain: the app reads it, and has been
// given nothing for a while. Known only of bodies that pounce counts (counted-body.ts).

/** Since when a read has been pending, in milliseconds of `performance.now()`. */
const pending = new WeakMap<object, number>();
/** What Bun has received already, it gives sooner. */
const CERTAIN_MS = 1000;

/** Notes a read of the request's body, for as long as it is pending. */
export async function noteRead<T>(request: object, read: Promise<T>): Promise<T> {
  pending.set(request, performance.now());
  try {
    return await read;
  } finally {
    pending.delete(request);
  }
}

/** Whether a client certainly has more to send. */
export function isAwaited(request: object, nowMs: number): boolean {
  const sinceMs = pending.get(request);
  return sinceMs !== undefined && nowMs - sinceMs >= CERTAIN_MS;
}
