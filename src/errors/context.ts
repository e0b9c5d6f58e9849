// Where an error was thrown, for errors that reach the log through the runtime, which does not say.

const contexts = new WeakMap<object, string>();

/** @param where as in "the app's WebSocket message handler threw" */
function noteContext(error: unknown, where: string): void {
  if (typeof error === "object" && error !== null) contexts.set(error, where);
}

export function contextOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null ? contexts.get(error) : undefined;
}

type Callback = (this: unknown, ...args: never[]) => unknown;

/** The function, which throws and rejects as before; what it throws is noted. */
export function inContext<F extends Callback>(callback: F, where: string): F {
  const noted = (error: unknown): never => {
    noteContext(error, where);
    throw error;
  };
  const watched: Callback = function watched(...args) {
    try {
      const result = callback.apply(this, args);
      return result instanceof Promise ? result.catch(noted) : result;
    } catch (error) {
      return noted(error);
    }
  };
  return watched as F;
}
