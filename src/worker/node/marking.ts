// Marking for a program on node:http: a draining worker's answers say `Connection: close`, and Bun
// closes the connection after them. See ../closing/mark.ts for why.
import type { ServerResponse } from "node:http";
import { type DrainFlag, isDue } from "../closing/mark.ts";

/** A response with the method that every way of answering calls. */
type Response = Pick<ServerResponse, "req" | "setHeader" | "shouldKeepAlive" | "writeHead">;
type Headers = Readonly<Record<string, unknown>> | readonly unknown[];

/** Marks a response when its head is written, if the turn of its connection has come by then. */
export function markLater(response: Response, hasBody: boolean, flag: DrainFlag): void {
  const { writeHead } = response;
  const marked = (...args: unknown[]): unknown => {
    // A connection that still brings an upload would be reset, and the answer perhaps lost.
    const mayClose = !hasBody || response.req.complete;
    if (!mayClose || !isDue(flag)) return Reflect.apply(writeHead, response, args);
    response.shouldKeepAlive = false;
    response.setHeader("Connection", "close");
    return Reflect.apply(writeHead, response, args.map(withoutConnection));
  };
  const value = marked as ServerResponse["writeHead"];
  Object.defineProperty(response, "writeHead", { configurable: true, writable: true, value });
}

/** An argument of `writeHead`, without the program's own word on the connection. */
function withoutConnection(argument: unknown): unknown {
  if (typeof argument !== "object" || argument === null) return argument;
  if (!Array.isArray(argument)) return filtered(Object.entries(argument));
  if (Array.isArray(argument[0])) return argument.filter(([name]) => !isConnection(name));
  return argument.filter((_, index) => !isConnection(argument[index - (index % 2)]));
}

function filtered(entries: readonly (readonly [string, unknown])[]): Headers {
  return Object.fromEntries(entries.filter(([name]) => !isConnection(name)));
}

function isConnection(name: unknown): boolean {
  return String(name).toLowerCase() === "connection";
}
