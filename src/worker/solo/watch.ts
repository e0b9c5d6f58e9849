// Ends a worker whose master has died, even if its event loop is blocked, where the kernel sends no
// signal for that: a separate thread watches.

const LOOK_MS = 500;

/**
 * Kills this process `seconds` after the death of its parent `master` was seen, unless it has ended
 * by then. Costs 9 MB and 2 ms. Where there can be no thread, a blocked worker stays.
 */
export function watchParent(master: number, seconds: number): void {
  // As text, because only text gets into the executable whole; a thread has nothing of this module.
  const code = `
    const timer = setInterval(() => {
      if (process.ppid === ${master}) return;
      clearInterval(timer);
      setTimeout(() => process.kill(process.pid, "SIGKILL"), ${seconds * 1000});
    }, ${LOOK_MS});
  `;
  try {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const thread = new Worker(url, { smol: true, ref: false });
    thread.addEventListener("error", (event) => event.preventDefault());
  } catch {
    // As long as the event loop turns, its timer watches too.
  }
}
