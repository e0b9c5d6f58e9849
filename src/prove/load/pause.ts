// Waits that end at once when a load stops.

/** Waits; false when the load should stop, so that nobody waits for sleeping clients. */
export function pause(ms: number, stopping: AbortSignal): Promise<boolean> {
  if (stopping.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onStop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      stopping.removeEventListener("abort", onStop);
      resolve(true);
    }, ms);
    stopping.addEventListener("abort", onStop, { once: true });
  });
}
