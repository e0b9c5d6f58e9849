// Marking for a program on node:http: a draining worker's answers say `Connection: close`, and Bun
// closes the connection after them. See ../closing/mark.ts for why.
import type { ServerResponse } from "node:http";
import type { Limits } from "../closing/closing.ts";
import { type DrainFlag, isDue, UNREAD } from "../closing/mark.ts";
import { beforeDestroy, type Endable, seemEnded } from "./seem-ended.ts";

/** A response with the methods that every way of answering calls. */
type Response = Endable & Pick<ServerResponse, "req" | "shouldKeepAlive">;
type Headers = Readonly<Record<string, unknown>> | readonly unknown[];

/**
 * Marks a response when its head is written, if the turn of its connection has come by then.
 * @param isLast whether no other request waits on the connection: its answer would be lost
 * @param limits how much of an upload is waited for, and how long
 */
export function markLater(
  response: Response,
  hasBody: boolean,
  flag: DrainFlag,
  isLast: () => boolean,
  limits: Limits = UNREAD,
): void {
  const { writeHead } = response;
  const upload = hasBody ? new Upload(response, limits) : undefined;
  const marked = (...args: unknown[]): unknown => {
    const mayClose = upload?.mayBeLeft !== true && isLast();
    const port = (): number | undefined => response.req.socket?.remotePort;
    if (!mayClose || !isDue(flag, port)) return Reflect.apply(writeHead, response, args);
    response.shouldKeepAlive = false;
    response.setHeader("Connection", "close");
    return Reflect.apply(writeHead, response, args.map(withoutConnection));
  };
  replace(response, "writeHead", marked as ServerResponse["writeHead"]);
}

/**
 * The upload of a request. While it is on its way, its connection must not be closed: that would be
 * a reset, and the answer perhaps lost. So the end of the answer waits for the end of the upload.
 */
class Upload {
  readonly #response: Response;
  readonly #isLong: boolean;
  #hasTimedOut = false;

  constructor(
    response: Response,
    readonly limits: Limits,
  ) {
    this.#response = response;
    const { headers } = response.req;
    this.#isLong = Number(headers["content-length"] ?? 0) > limits.mostBytes;
    if (!this.#isLong && !response.req.complete) this.#holdEnd();
  }

  /** Whether a part of it may still be on its way when the answer has ended. */
  get mayBeLeft(): boolean {
    return !this.#response.req.complete && (this.#isLong || this.#hasTimedOut);
  }

  #holdEnd(): void {
    const response = this.#response;
    const { end } = response;
    const held = (...args: unknown[]): Response => {
      replace(response, "end", end);
      const beItself = seemEnded(response);
      let isHeld = true;
      const endNow = (): void => {
        if (!isHeld) return;
        isHeld = false;
        mayBeDestroyed();
        beItself();
        Reflect.apply(end, response, args);
      };
      // What the program has ended is sent, also if it then ends the connection.
      const mayBeDestroyed = beforeDestroy([response, response.req, response.req.socket], endNow);
      void this.#read().then(endNow);
      return response;
    };
    const value = (...args: unknown[]): unknown =>
      response.req.complete ? Reflect.apply(end, response, args) : held(...args);
    replace(response, "end", value as ServerResponse["end"]);
  }

  /** Resolves when all of it has been read, by the program or here, or its time is up. */
  #read(): Promise<void> {
    const { req } = this.#response;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#hasTimedOut = true;
      resolve();
    }, this.limits.mostMs);
    req.once("end", resolve);
    req.once("close", resolve);
    req.resume();
    return promise.finally(() => clearTimeout(timer));
  }
}

function replace<K extends "end" | "writeHead">(
  response: Response,
  name: K,
  value: Response[K],
): void {
  Object.defineProperty(response, name, { configurable: true, writable: true, value });
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
