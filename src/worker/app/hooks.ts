// The app's hooks, with their context: `startup` and `shutdown` with a deadline, and `leader`.
import type { LoadMessage } from "../../ipc/messages.ts";
import type { App, HookContext } from "./app.ts";
import type { Leadership } from "./leadership.ts";

type Place = Omit<HookContext, "deadline" | "signal" | "reason">;

/** Which worker the hooks run in. Whether it is the leader is looked up when somebody asks. */
export function placeOf(
  { generation, worker, slot }: Pick<LoadMessage, "generation" | "worker" | "slot">,
  leadership: Pick<Leadership, "isLeader">,
): Place {
  return {
    generation,
    worker,
    slot,
    get isLeader() {
      return leadership.isLeader;
    },
  };
}

/** A spread would ask whether the worker is the leader once and for all. */
function context<More extends object>(place: Place, more: More): Place & More {
  return Object.defineProperties(more, Object.getOwnPropertyDescriptors(place)) as Place & More;
}

function untilDeadline(timeoutMs: number): Pick<HookContext, "deadline" | "signal"> {
  return {
    deadline: new Date(Date.now() + timeoutMs),
    signal: AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs))),
  };
}

/** Awaited after the load, before the worker listens. Throws what the hook throws. */
export async function runStartup(app: App, place: Place, timeoutMs: number): Promise<void> {
  await app.startup?.(context(place, untilDeadline(timeoutMs)));
}

/** Called when the drain starts, and awaited up to its deadline. What it throws is only logged. */
export async function runShutdown(
  app: App,
  place: Place,
  reason: NonNullable<HookContext["reason"]>,
  timeoutMs: number,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await app.shutdown?.(context(place, { ...untilDeadline(timeoutMs), reason }));
  } catch (error) {
    onError(error);
  }
}

/** Called when the worker becomes the leader. @param signal aborted when it is that no longer */
export function runLeader(app: App, place: Place, signal: AbortSignal): unknown {
  return app.leader?.(context(place, { signal }));
}
