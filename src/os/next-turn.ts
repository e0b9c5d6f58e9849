// Lets the event loop do what else there is.

/** Resolves when timers, signals and sockets have had their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
