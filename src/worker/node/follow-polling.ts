// What is said in sessions of socket.io that begin over HTTP, to a program on node:http: see
// ../movable/polling.ts, which hears the same of requests of Bun's own kind.
import type { IncomingMessage, ServerResponse } from "node:http";
import { noteSaid, type Polling, sessionOf, understoodIn } from "../movable/polling.ts";

/** Must come before the program sees the request. */
export function followPolling(
  polling: Polling,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  const { method, url = "" } = incoming;
  if (!url.includes("EIO=")) return;
  if (method === "POST") followPost(polling, incoming, understoodIn(url));
  else followAnswer(polling, response, sessionOf(url));
}

function followPost(polling: Polling, incoming: IncomingMessage, id: string | undefined): void {
  if (id === undefined) return;
  let hear: ReturnType<Polling["begin"]> | undefined;
  const read: Buffer[] = [];
  const { emit } = incoming;
  const value = function (this: IncomingMessage, event: string, ...args: unknown[]): boolean {
    if (event === "data" || event === "end") hear ??= polling.begin(id, headersOf(incoming));
    if (event === "data") read.push(Buffer.from(args[0] as string));
    if (event === "end") hear?.(Buffer.concat(read).toString());
    return emit.call(this, event, ...args);
  };
  Object.defineProperty(incoming, "emit", { configurable: true, writable: true, value });
}

function followAnswer(polling: Polling, response: ServerResponse, id: string | undefined): void {
  const session = polling.of(id ?? "");
  if (session === undefined) return;
  const { end } = response;
  const value = function (this: ServerResponse, ...args: unknown[]): ServerResponse {
    const [body] = args;
    // What is compressed is bytes.
    if (typeof body === "string") noteSaid(session, body);
    else session.beStrange();
    return end.apply(this, args as never);
  };
  Object.defineProperty(response, "end", { configurable: true, writable: true, value });
}

/** As the client has sent them. */
function* headersOf({ rawHeaders }: IncomingMessage): Iterable<readonly [string, string]> {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    yield [rawHeaders[at]?.toLowerCase() ?? "", rawHeaders[at + 1] ?? ""];
  }
}
