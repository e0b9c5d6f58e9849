// What a log entry says about a worker, for programs: the same names in each entry.

import type { LogFields } from "./effects.ts";
import type { Unfinished } from "./events.ts";
import type { Worker } from "./state.ts";

export function aboutWorker({ id, generation, slot }: Worker): LogFields {
  return { worker: id, generation, slot };
}

/** What a worker was still doing; nothing if it does not answer. */
export function aboutUnfinished(left: Unfinished | undefined): LogFields {
  if (left === undefined) return {};
  const { connections, inFlight, oldest } = left;
  const request = oldest && { method: oldest.method, path: oldest.path, age_ms: oldest.ageMs };
  return { connections, in_flight: inFlight, oldest: request };
}
