// Waiting that does not keep the process alive: pounce holds it, see ../app/alive.ts.

/** Resolves after `ms`. */
export function unheldSleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
