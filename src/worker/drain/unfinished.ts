// What a worker has not finished when its time is up, for the log and the metrics.
import type { Unfinished } from "../../core/events.ts";
import type { ForcedRequest } from "../../ipc/messages.ts";
import type { InFlightRequest } from "../requests/in-flight.ts";
import { pathOf } from "../http/target.ts";
import type { Servers } from "../serve/servers.ts";

/** What is cut off at the deadline. */
export interface Forced {
  readonly unfinished: Unfinished;
  /** How many of the connections were not idle. */
  readonly connections: number;
  readonly requests: ForcedRequest[];
}

/** What is still in progress. @param servedByBun requests that none of our handlers has seen */
export function stillGoingOn(servers: Servers, servedByBun: readonly ForcedRequest[]): Forced {
  const requests = [...servers.handlers.inFlight.sweep().map(described), ...servedByBun];
  const oldest = requests.toSorted((one, other) => other.age_ms - one.age_ms)[0];
  return {
    unfinished: {
      connections: servers.connectionCount,
      inFlight: requests.length,
      oldest: oldest && { method: oldest.method, path: oldest.path, ageMs: oldest.age_ms },
    },
    connections: servers.busyCount,
    requests,
  };
}

function described({ request, sinceMs }: InFlightRequest): ForcedRequest {
  return {
    method: request.method,
    path: pathOf(request),
    age_ms: Math.round(performance.now() - sinceMs),
  };
}
