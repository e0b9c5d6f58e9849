// What a program on node:http throws while it answers a request. Under Node that ends the process,
// and with it everybody's requests; here it is that request's 500, and an entry in the log.
//
// A program that listens for uncaught errors itself gets them, as under Node.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type NodeRequest, refuse } from "../requests/node-request.ts";

type Listener = (this: Server, incoming: IncomingMessage, response: ServerResponse) => unknown;

/** Gets what a listener has thrown, once it has been answered. */
export type OnThrown = (error: unknown, request: NodeRequest | undefined) => void;

/** Under it a promise that a listener has returned keeps its request. */
const REQUEST = Symbol("request");
type Returned = Promise<unknown> & { [REQUEST]?: NodeRequest | undefined };

/**
 * Watches the listeners that a server has now for `request`. What one of them throws is answered;
 * for what it rejects, see `requestOf`.
 * @param current the request that is being passed to them
 */
export function guardListeners(
  server: Server,
  current: () => NodeRequest | undefined,
  onThrown: OnThrown,
): void {
  const guarded = (listener: Listener): Listener => {
    const guard: Listener = function (incoming, response) {
      let result: unknown;
      try {
        result = listener.call(this, incoming, response);
      } catch (error) {
        if (process.listenerCount("uncaughtException") > 0) throw error;
        answerError(response);
        onThrown(error, current());
      }
      if (result instanceof Promise) note(result, current());
      return result;
    };
    // By this name the program still finds and removes what it has added.
    return Object.assign(guard, { listener });
  };
  const listeners = server.rawListeners("request") as Listener[];
  server.removeAllListeners("request");
  for (const listener of listeners) {
    // What is called once wraps what was given.
    const isOnce = "listener" in listener;
    server.on("request", isOnce ? listener : guarded(listener));
  }
}

function note(promise: Returned, request: NodeRequest | undefined): void {
  try {
    promise[REQUEST] = request;
  } catch {
    // It is frozen. What it rejects is an error outside a request.
  }
}

/**
 * The request that a listener has returned this promise for; undefined: it is none of these. Asked
 * when the promise has been rejected and nobody has handled that: to wait for each one would cost
 * every request more than all the rest of what we do for it.
 */
export function requestOf(promise: Promise<unknown>): NodeRequest | undefined {
  return (promise as Returned)[REQUEST];
}

/** 500 if the program has not begun to answer; otherwise the client can only see a cut. */
export function answerError(response: ServerResponse): void {
  if (response.writableEnded) return;
  if (response.headersSent) response.destroy();
  else refuse(response, 500);
}
