// The routes of an app that is Bun's own default export, and the health check beside them.
//
// A route's function is wrapped like `fetch`. A response or file that Bun serves by itself is left to
// Bun, the fastest way, until the worker drains: then it is served by a function that marks it.
import type { Fetch } from "./app.ts";
import { createHandler, type HandlerContext, mark } from "./handler.ts";

type Routes = Readonly<Record<string, unknown>>;

/** A handler for each of some methods, as Bun takes them. */
type Methods = Readonly<Record<string, unknown>>;

function isMethods(route: unknown): route is Methods {
  return (
    typeof route === "object" &&
    route !== null &&
    Object.keys(route).length > 0 &&
    Object.keys(route).every((key) => /^[A-Z]+$/.test(key))
  );
}

function isFile(route: unknown): route is Blob {
  return route instanceof Blob;
}

/** One route, ready for Bun. @param where what people know it by */
function prepare(route: unknown, where: string, context: HandlerContext): unknown {
  if (typeof route === "function") return createHandler(route as Fetch, where, context);
  const { flag } = context;
  if (flag.pace !== undefined && route instanceof Response) {
    return (request: Request) => mark(request, route.clone(), flag);
  }
  if (flag.pace !== undefined && isFile(route))
    return (request: Request) => mark(request, new Response(route), flag);
  if (!isMethods(route)) return route;
  return Object.fromEntries(
    Object.entries(route).map(([method, handler]) => [
      method,
      prepare(handler, `${method} ${where}`, context),
    ]),
  );
}

/** The app's routes as Bun is to serve them now; call it again when the worker begins to drain. */
export function prepareRoutes(routes: unknown, context: HandlerContext): Routes {
  if (typeof routes !== "object" || routes === null || Array.isArray(routes)) return {};
  return Object.fromEntries(
    Object.entries(routes).map(([path, route]) => [
      path,
      prepare(route, `route "${path}"`, context),
    ]),
  );
}

/** The health check: GET and HEAD are never passed to the app. `answer` gives the response. */
export function healthRoutes(
  path: string | undefined,
  answer: () => Response,
  { flag }: HandlerContext,
): Routes {
  if (path === undefined) return {};
  const handler = (request: Request): Response => mark(request, answer(), flag);
  return { [path]: { GET: handler, HEAD: handler } };
}
