// Turns what Hono prints about errors into log entries with the request. These are errors that its
// streaming helpers catch, errors of Hono 3, and those of an app that hono-errors.ts cannot reach:
// of `export default { fetch: app.fetch, websocket }`, or of a function or a route that passes
// requests on to Hono. Each request to such a function gets a context that says which request it
// is; that costs some 0.01 µs.
import type { AsyncLocalStorage } from "node:async_hooks";
import type { TellError } from "./app.ts";
import type { Fetch } from "../http/layer.ts";

/** Hono's own `fetch`, minified or not, or a function that contains a call of one. */
const PASSES_ON = /^\(.*=>\s*(?:\{\s*return\s+)?this\.#?[\w$]+\(|\.(?:fetch|request)\(/s;
/** The frame of Hono's own error handler, or of a streaming helper. */
const OF_HONO = /hono[^/]*\/dist\/(?:cjs\/)?(?:hono-base|hono|helper\/streaming\/\w+)\.[cm]?js/;

const print = console.error;
const passing = new WeakSet<Fetch>();
let requests: AsyncLocalStorage<{ request: Request; tell: TellError }> | undefined;
let own = print;

/** Whether the app has replaced `console.error`. */
export function watchesPrints(): boolean {
  return console.error !== own;
}

/** Remembers what `bound` was made from: a bound function's own text says nothing. */
export function noteOrigin(bound: Fetch, fetch: Fetch): void {
  if (PASSES_ON.test(String(fetch))) passing.add(bound);
}

/** The function; what Hono prints about its requests is reported. */
export function withPrintsReported(fetch: Fetch, tell: TellError): Fetch {
  const mayPrint = passing.has(fetch) || PASSES_ON.test(String(fetch));
  if (!mayPrint) return fetch;
  const contexts = watchPrints();
  if (contexts === undefined) return fetch;
  return (request, server) => contexts.run({ request, tell }, fetch, request, server);
}

/**
 * If an app watches `console.error`, as error-collecting services do, it still gets the errors
 * there.
 */
function watchPrints(): typeof requests {
  if (requests !== undefined || watchesPrints()) return requests;
  const { AsyncLocalStorage } = require("node:async_hooks") as typeof import("node:async_hooks");
  const contexts = new AsyncLocalStorage<{ request: Request; tell: TellError }>();
  own = function error(...printed: unknown[]) {
    const context = printed.length === 1 ? contexts.getStore() : undefined;
    if (context !== undefined && printed[0] instanceof Error && isHonosPrint()) {
      context.tell(printed[0], context.request);
    } else {
      print.apply(console, printed);
    }
  };
  console.error = own;
  return (requests = contexts);
}

/** Whether Hono itself called `console.error`: it is the third frame, after ours. */
function isHonosPrint(): boolean {
  return OF_HONO.test(new Error().stack?.split("\n")[3] ?? "");
}
