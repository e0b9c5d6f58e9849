// Bun's options for serving an app: the app's own options, with our handlers in place of the app's.
import type { App } from "../app/app.ts";
import type { Fetch } from "../http/layer.ts";
import { pouncesRoutes, prepareRoutes } from "../routes/routes.ts";
import { NO_LIMIT } from "../handle/body-limit.ts";
import { createHandler, type HandlerContext } from "../handle/handler.ts";
import type { WebSockets } from "../connections/websockets.ts";

/** What pounce answers itself: where the worker's health can be checked, above all. */
export interface OwnOptions {
  /** Undefined: nowhere. */
  readonly healthCheckPath: string | undefined;
  readonly health: () => Response;
  /** What else pounce answers itself, by path. Left out: nothing. */
  readonly ownRoutes?: Readonly<Record<string, Fetch>> | undefined;
}

/** All options except the error handler. */
export function bunOptions(
  { fetch: appFetch, options }: App,
  { healthCheckPath, health, ownRoutes = {} }: OwnOptions,
  webSockets: WebSockets,
  context: HandlerContext,
): Record<string, unknown> {
  const { routes, websocket, error: _, ...rest } = options;
  const fetch = createHandler(appFetch, "fetch", context);
  const allRoutes = {
    ...prepareRoutes(routes, fetch, context),
    ...pouncesRoutes(ownRoutes, context),
    ...(healthCheckPath === undefined ? {} : pouncesRoutes({ [healthCheckPath]: health }, context)),
  };
  return {
    ...rest,
    maxRequestBodySize: NO_LIMIT,
    fetch,
    ...(Object.keys(allRoutes).length > 0 ? { routes: allRoutes } : {}),
    ...(typeof websocket === "object" && websocket !== null
      ? { websocket: webSockets.wrap(websocket as Bun.WebSocketHandler<unknown>) }
      : {}),
  };
}
