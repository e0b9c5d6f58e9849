// Answers that are written to a connection past Bun. Bun writes nothing of an answer before the
// handler has returned it, and nothing at all before a request's head is complete.
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../os/constants.ts";
import { libc } from "../../os/libc.ts";
import type { InFlightRequest } from "../requests/in-flight.ts";
import { NodeRequest } from "../requests/node-request.ts";

/** Whether nothing of its answer has been written. */
export function isPending({ request, result }: InFlightRequest): boolean {
  if (request instanceof NodeRequest) return request.isPending;
  return result instanceof Promise && Bun.peek.status(result) === "pending";
}

/** Writes an answer, after which nothing can be written. @returns whether all of it was written */
export function writeLast(connection: number, answer: Uint8Array, how: number): boolean {
  const length = BigInt(answer.length);
  const sent = libc().send(connection, answer, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  libc().shutdown(connection, how);
  return sent === length;
}
