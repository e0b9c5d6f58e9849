// What Hono prints of errors by itself becomes an entry of the log, with its request. So it is of
// those that its helpers for streams catch, of Hono 3, and of an app that nobody can get at to do
// as hono-errors.ts does: of `export default { fetch: app.fetch, websocket }`, or of a function or
// a route that passes requests on to it. A context that each request to such a function gets says
// which it was for: it costs some 0.01 µs.
import type { AsyncLocalStorage } from "node:async_hooks";
import type { TellError } from "./app.ts";
import type { Fetch } from "../http/layer.ts";

/** Hono's own `fetch`, minified or not, or a function that has one in it. */
const PASSES_ON = /^\(.*=>\s*(?:\{\s*return\s+)?this\.#?[\w$]+\(|\.(?:fetch|request)\(/s;
/** The frame of Hono's own handler of errors, or of a helper for streams. */
const OF_HONO = /hono[^/]*\/dist\/(?:cjs\/)?(?:hono-base|hono|helper\/streaming\/\w+)\.[cm]?js/;

const print = console.error;
const passing = new WeakSet<Fetch>();
let requests: AsyncLocalStorage<{ request: Request; tell: TellError }> | undefined;
let own = print;

/** Whether the app has put something in the place of `console.error`. */
export function watchesPrints(): boolean {
  return console.error !== own;
}

/** `bound` is known by the text of what it was made of: its own says nothing. */
export function noteOrigin(bound: Fetch, fetch: Fetch): void {
  if (PASSES_ON.test(String(fetch))) passing.add(bound);
}

/** The function, with what Hono prints of its requests told. */
export function withPrintsTold(fetch: Fetch, tell: TellError): Fetch {
  const mayPrint = passing.has(fetch) || PASSES_ON.test(String(fetch));
  if (!mayPrint) return fetch;
  const contexts = watchPrints();
  if (contexts === undefined) return fetch;
  return (request, server) => contexts.run({ request, tell }, fetch, request, server);
}

/**
 * An app that watches `console.error`, as services that collect errors do, goes on getting them
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

/** Whether what has called `console.error` is Hono itself: the third frame, after ours. */
function isHonosPrint(): boolean {
  return OF_HONO.test(new Error().stack?.split("\n")[3] ?? "");
}
