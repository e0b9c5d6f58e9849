// Recognizes handlers in the style of node:http, (request, response[, next]), rather than `fetch`,
// and starts the server for one that a module exports.
import type { RequestListener } from "node:http";

/** Usual names for the second parameter of such a handler. */
const RESPONSE = /^_?([rR]es|[rR]esp|[rR]esponse|rep|reply|outgoing)$|[a-z](Res|Response)$/;
/** Names for the second parameter of a fetch handler that takes three. */
const OF_FETCH = /^_?(server|env|bindings|ctx|context)$/i;

/**
 * What `value` is, in words, if it handles requests in the style of node:http; otherwise undefined.
 */
export function nodeHandler(value: object): string | undefined {
  if (typeof value === "function") return handlerFunction(value as CallableFunction);
  // Koa, Fastify, Nest, and a server of node:http itself.
  const names = ["callback", "inject", "getHttpServer", "setTimeout"];
  return names.some((name) => has(value, name)) ? listening(value) : undefined;
}

function handlerFunction(value: CallableFunction): string | undefined {
  // Express and Connect are functions, with methods on them.
  if (has(value, "handle") && has(value, "use")) return "an app like Express's";
  const [, second = "", third] = parametersOf(value);
  const isHandler = RESPONSE.test(second) || (third !== undefined && !OF_FETCH.test(second));
  if (!isHandler) return undefined;
  return `a function (request, response${third === undefined ? "" : ", next"}) for node:http`;
}

function listening(value: object): string | undefined {
  if (!has(value, "listen")) return undefined;
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  const named = typeof name === "string" && name !== "" && name !== "Object" ? ` (${name})` : "";
  return `an app or server built on node:http${named}`;
}

/**
 * The names of a function's parameters, as far as they are names. A function that takes all as one
 * list may name them next, as Astro's does: `(...args) => { const [req, res, next] = args;`.
 */
function parametersOf(value: CallableFunction): string[] {
  const text = Function.prototype.toString.call(value);
  const list = /^(?:async\b\s*)?(?:function\b\s*\*?\s*)?[\w$]*\s*\(([^)]*)\)/.exec(text)?.[1] ?? "";
  const all = /^\s*\.\.\.([\w$]+)\s*$/.exec(list)?.[1];
  const [, names, taken] = /\[([^\]]*)\]\s*=\s*([\w$]+)/.exec(text) ?? [];
  const named = all !== undefined && all === taken ? (names ?? "") : list;
  return named.split(",").map((name) => name.replace(/[=:].*$/s, "").trim());
}

function has(value: object, name: string): boolean {
  return name in value && typeof Reflect.get(value, name) === "function";
}

/** Starts a server for a Node handler, an app on node:http, or a server of it: it is captured. */
export async function listenFor(value: object): Promise<void> {
  const app = value as Readonly<Record<string, (...args: unknown[]) => unknown>>;
  if (has(value, "inject")) await app["listen"]?.({ port: 0 });
  else if (has(value, "getHttpServer")) await app["listen"]?.(0);
  else if (has(value, "setTimeout") && has(value, "listen")) app["listen"]?.(0);
  else createServer(has(value, "callback") ? app["callback"]?.() : value);
}

function createServer(handler: unknown): void {
  process
    .getBuiltinModule("node:http")
    .createServer(handler as RequestListener)
    .listen(0);
}
