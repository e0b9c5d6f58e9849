// `max_request_size` for a program on node:http: what ../handle/body-limit.ts is for others. Bun
// limits no body there.
import type { IncomingMessage, ServerResponse } from "node:http";
import { REFUSED } from "../closing/refuse-upload.ts";
import { problemText } from "../http/problem.ts";
import { ignoreLateAnswer } from "../requests/late-answer.ts";

/**
 * Counts what comes of a body whose length is not known. What is too much does not reach the
 * program.
 *
 * @param onTooLarge is called once, and returns what is to be called at the end of the body
 */
export function countUpload(
  incoming: IncomingMessage,
  maxBytes: number,
  onTooLarge: () => () => void,
): void {
  const { push } = incoming;
  let bytes = 0;
  let onEnd: (() => void) | undefined;
  const value = (chunk: Uint8Array | null, ...rest: unknown[]): boolean => {
    bytes += chunk?.length ?? 0;
    if (bytes <= maxBytes) return Reflect.apply(push, incoming, [chunk, ...rest]) as boolean;
    // The program must not take what it has for the whole body: to it, the body does not end.
    onEnd ??= onTooLarge();
    if (chunk === null) onEnd();
    return true;
  };
  Object.defineProperty(incoming, "push", { configurable: true, writable: true, value });
}

/** Answers a request of which the program has not been told, and reads its body away. */
export function refuseUnread(incoming: IncomingMessage, response: ServerResponse): void {
  const done = refuseUpload(response);
  incoming.once("end", done).once("close", done);
  incoming.resume();
}

/**
 * Answers 413, at once if the program has not begun to answer.
 *
 * @returns to be called when the rest of the upload has been read: ends the connection, and the
 *   client has read the answer by then
 */
export function refuseUpload(response: ServerResponse): () => void {
  const end = response.end.bind(response);
  if (!response.headersSent) {
    const { headers, body } = problemText(413);
    const length = { "content-length": body.length, connection: "close" };
    response.writeHead(413, { ...headers, ...length });
    response.write(body);
  }
  ignoreLateAnswer(response);
  const timer = setTimeout(end, REFUSED.mostMs);
  response.once("close", () => clearTimeout(timer));
  return end;
}
