// Waits until the kernel has all that was sent over a WebSocket. Of what a slow client has not
// taken yet, Bun holds a part. When a WebSocket without `idleTimeout`, as all of `ws` are, is
// closed, Bun writes that for some four seconds, and drops the rest. Bun does not document it;
// test/integration/websocket-end.test.ts guards what we do.

const LOOK_EACH_MS = 20;
/** How long it may not get less: the app sends more all the time, or the client takes nothing. */
const STUCK_AFTER_MS = 10_000;

/**
 * Calls `next` when Bun holds nothing any more, or does not get rid of it.
 * @param held how many bytes Bun holds
 */
export function onceSent(held: () => number, next: () => void): void {
  let least = held();
  if (least === 0) return next();
  let sinceMs = performance.now();
  const timer = setInterval(() => {
    const now = held();
    const nowMs = performance.now();
    if (now < least) [least, sinceMs] = [now, nowMs];
    if (now > 0 && nowMs - sinceMs < STUCK_AFTER_MS) return;
    clearInterval(timer);
    next();
  }, LOOK_EACH_MS);
  timer.unref();
}
