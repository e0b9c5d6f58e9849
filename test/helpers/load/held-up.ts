// Notices when this process is held up, as by other processes on a busy machine: a server may have
// closed connections meanwhile that it took for idle, and the process not know of that yet.

/** Nothing that the load does keeps the event loop for so long. */
const HELD_UP_MS = 500;
const TICK_MS = 50;

let tickMs = performance.now();
let heldUpMs = -Infinity;

setInterval(look, TICK_MS).unref();

function look(): void {
  const nowMs = performance.now();
  if (nowMs - tickMs > HELD_UP_MS) heldUpMs = nowMs;
  tickMs = nowMs;
}

/** Whether this process has been held up since that time of `performance.now()`. */
export function wasHeldUpSince(sinceMs: number): boolean {
  look();
  return heldUpMs >= sinceMs;
}
