// What a program on node:http throws while it answers a request. Under Node that ends the process,
// and with it everybody's requests; here it is that request's 500, and an entry in the log.
//
// A program that listens for uncaught errors itself gets them, as under Node.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { refuse } from "../requests/node-request.ts";

type Listener = (this: Server, incoming: IncomingMessage, response: ServerResponse) => unknown;

/** Gets what a listener has thrown, once it has been answered. */
export type OnThrown<Request> = (error: unknown, request: Request) => void;

/**
 * Watches the listeners that a server has now for `request`.
 * @param current the request that is being passed to them
 */
export function guardListeners<Request>(
  server: Server,
  current: () => Request,
  onThrown: OnThrown<Request>,
): void {
  const guarded = (listener: Listener): Listener => {
    const guard: Listener = function (incoming, response) {
      const request = current();
      const failed = (error: unknown, event: "uncaughtException" | "unhandledRejection"): void => {
        if (process.listenerCount(event) > 0) throw error;
        answerError(response);
        onThrown(error, request);
      };
      let result: unknown;
      try {
        result = listener.call(this, incoming, response);
      } catch (error) {
        failed(error, "uncaughtException");
      }
      if (result instanceof Promise && Bun.peek.status(result) !== "fulfilled") {
        result.then(undefined, (error: unknown) => failed(error, "unhandledRejection"));
      }
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

/** 500 if the program has not begun to answer; otherwise the client can only see a cut. */
function answerError(response: ServerResponse): void {
  if (response.writableEnded) return;
  if (response.headersSent) response.destroy();
  else refuse(response, 500);
}
