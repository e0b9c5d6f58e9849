// What a worker's servers are made from, in tests without a process of their own: an app, and
// nothing that its requests could be refused for.
import { PAGE_LENGTH } from "../../src/metrics/page.ts";
import type { Fetch } from "../../src/worker/http/layer.ts";
import { Meter } from "../../src/worker/requests/meter.ts";
import type { HandlerOptions } from "../../src/worker/serve/handler-options.ts";

/** Throws what is wrong with the worker. */
export function handlerOptions(fetch: Fetch, more: Partial<HandlerOptions> = {}): HandlerOptions {
  const none = undefined;
  return {
    app: {
      fetch,
      options: {},
      startup: none,
      shutdown: none,
      leader: none,
      file: "",
      shape: "",
      notes: [],
    },
    meter: new Meter(new Float64Array(PAGE_LENGTH)),
    healthCheckPath: none,
    keepAliveMs: 10_000,
    requestTimeoutMs: 0,
    maxRequestBytes: 16_000_000,
    onTimeout: () => undefined,
    onTooLarge: () => undefined,
    health: () => new Response("ok"),
    requestLayer: none,
    onFault: () => undefined,
    onTrouble: (event) => {
      throw new Error(event);
    },
    ...more,
  };
}
