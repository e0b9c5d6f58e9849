// The routes of an app that is Bun's own default export, and what pounce answers beside them.
//
// A route's function is wrapped like `fetch`. What Bun serves by itself (a response, a file, a
// folder) is left to Bun, which is fastest, until the worker drains. Then a private server of Bun
// has these routes as they were, and a function passes on its answers, marked.
import type { Fetch } from "../http/layer.ts";
import { createHandler, type HandlerContext } from "../handle/handler.ts";
import { isLast, mark } from "../closing/mark.ts";
import { isResponse, NativeResponse } from "../http/native.ts";
import type { PrivateServer, Routes } from "../private/private-server.ts";
import { mustEnd } from "../handle/request-check.ts";
import { sourceOf } from "../private/source.ts";
import { withHeader } from "../http/with-header.ts";

const CLOSE = { connection: "close" };

function isRecord(value: unknown): value is Routes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A handler for each of some methods, as Bun takes them. */
function isMethods(route: unknown): route is Routes {
  if (!isRecord(route) || isResponse(route) || route instanceof Blob) return false;
  const keys = Object.keys(route);
  return keys.length > 0 && keys.every((key) => /^[A-Z]+$/.test(key));
}

/** Whether Bun serves a route without asking the app. `false` means no route. */
function isBuns(route: unknown): boolean {
  return typeof route !== "function" && typeof route !== "boolean" && !isMethods(route);
}

/** The routes that Bun serves by itself, including those for single methods. */
export function bunsRoutes(routes: unknown): Routes {
  if (!isRecord(routes)) return {};
  const found = Object.entries(routes).flatMap(([path, route]) => {
    if (isBuns(route)) return [[path, route]];
    if (!isMethods(route)) return [];
    const methods = Object.entries(route).filter(([, handler]) => isBuns(handler));
    return methods.length === 0 ? [] : [[path, Object.fromEntries(methods)]];
  });
  return Object.fromEntries(found);
}

/**
 * The app's routes as Bun should serve them now; call it again when the worker starts to drain.
 * @param fetch answers if a route has nothing to answer with, because its file is gone for example
 */
export function prepareRoutes(routes: unknown, fetch: Fetch, context: HandlerContext): Routes {
  if (!isRecord(routes)) return {};
  const { privately } = context.flag;
  const prepare = (route: unknown, path: string, method: string | undefined): unknown => {
    const where = `${method === undefined ? "" : `${method} `}route "${path}"`;
    if (typeof route === "function") return createHandler(route as Fetch, where, context);
    if (privately === undefined || !isBuns(route)) return route;
    return passOn({ route, path, method, fetch, privately }, context);
  };
  const prepareAll = (path: string, route: unknown): unknown => {
    if (!isMethods(route)) return prepare(route, path, undefined);
    const methods = Object.entries(route);
    return Object.fromEntries(
      methods.map(([method, handler]) => [method, prepare(handler, path, method)]),
    );
  };
  return Object.fromEntries(
    Object.entries(routes).map(([path, route]) => [path, prepareAll(path, route)]),
  );
}

interface PassedOn {
  readonly route: unknown;
  readonly path: string;
  /**
   * The only method that the route is for; undefined: it is for all methods, and the same for all.
   */
  readonly method: string | undefined;
  readonly fetch: Fetch;
  readonly privately: PrivateServer;
}

/**
 * Answers like the private server, marked. The requests are in flight, but the metrics still leave
 * them to Bun.
 */
function passOn(
  { route, path, method, fetch, privately }: PassedOn,
  { flag, inFlight, uncounted }: HandlerContext,
): Fetch {
  const source = sourceOf(route, path);
  return async (request, server) => {
    const options = {
      pattern: path,
      method: request.method === "HEAD" ? "HEAD" : (method ?? request.method),
      source,
      isLast: mustEnd(request) || (await isLast(request, flag)),
    };
    flag.passesOn = true;
    const answer = await privately.ask(request, options).catch(() => simply(route));
    if (answer === undefined) return fetch(request, server);
    uncounted.add(request);
    inFlight.note(request, answer);
    return answer;
  };
}

/**
 * The answer of a route if the private server cannot be asked, because descriptors are short for
 * example.
 */
function simply(route: unknown): Response | undefined {
  if (isResponse(route)) return withHeader(route.clone(), "connection", "close");
  return route instanceof Blob ? new NativeResponse(route, { headers: CLOSE }) : undefined;
}

/** What pounce answers itself, such as the health check: GET and HEAD never come to the app. */
export function pouncesRoutes(
  answers: Readonly<Record<string, Fetch>>,
  { flag, check }: HandlerContext,
): Routes {
  const routes = Object.entries(answers).map(([path, answer]) => {
    const checked = check.wrap(answer);
    const handler: Fetch = async (request, server) =>
      mark(request, await checked(request, server), flag);
    return [path, { GET: handler, HEAD: handler }];
  });
  return Object.fromEntries(routes);
}
