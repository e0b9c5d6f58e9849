// The app's `startup` and `shutdown`, with their context and their deadline.
import type { App, HookContext } from "./app.ts";

type Identity = Pick<HookContext, "generation" | "worker">;

function context(identity: Identity, timeoutMs: number): HookContext {
  return {
    ...identity,
    deadline: new Date(Date.now() + timeoutMs),
    signal: AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs))),
  };
}

/** Awaited after the load, before the worker listens. Throws what the hook throws. */
export async function runStartup(app: App, identity: Identity, timeoutMs: number): Promise<void> {
  await app.startup?.(context(identity, timeoutMs));
}

/** Called when the drain starts, and awaited up to its deadline. What it throws is only logged. */
export async function runShutdown(
  app: App,
  identity: Identity,
  reason: NonNullable<HookContext["reason"]>,
  timeoutMs: number,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await app.shutdown?.({ ...context(identity, timeoutMs), reason });
  } catch (error) {
    onError(error);
  }
}
