// The trace that a request belongs to, looked up when something is logged about the request.
import { type Trace, traceIn } from "../http/trace-context.ts";
import type { Tracked } from "./in-flight.ts";
import { NodeRequest } from "./node-request.ts";

export const TRACEPARENT = "traceparent";

/** Undefined: it says of none, or it is a request of node:http that has no response any more. */
export function traceOf(request: Tracked): Trace | undefined {
  if (!(request instanceof NodeRequest)) return traceIn(request.headers.get(TRACEPARENT));
  const value = request.response?.req.headers[TRACEPARENT];
  return traceIn(typeof value === "string" ? value : undefined);
}
