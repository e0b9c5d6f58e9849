// Answers that pounce gives in place of a handler that has not answered.
//
// Bun writes nothing of an answer before the handler has returned it, and nothing at all before a
// request's head is complete. So an answer can be written to the connection past Bun, if HTTP/1
// without TLS is spoken there; else it goes through Bun, see ../requests/answerable.ts.
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../os/constants.ts";
import { libc } from "../../os/libc.ts";
import { setClose } from "../closing/closing.ts";
import { problem } from "../http/problem.ts";
import { answerInstead } from "../requests/answerable.ts";
import type { InFlightRequest } from "../requests/in-flight.ts";
import { NodeRequest } from "../requests/node-request.ts";

/** Writes an answer, after which nothing can be written. @returns whether all of it was written */
export function writeLast(connection: number, answer: Uint8Array, how: number): boolean {
  const length = BigInt(answer.length);
  const sent = libc().send(connection, answer, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  libc().shutdown(connection, how);
  return sent === length;
}

/** Has Bun answer a request that is pending. @returns whether it could be told to */
export function answerByBun({ request, result }: InFlightRequest, status: 408 | 503): boolean {
  if (!(request instanceof NodeRequest)) return answerInstead(result, setClose(problem(status)));
  request.refuse(status);
  return true;
}
