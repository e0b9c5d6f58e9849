// Bun's options for serving an app: the app's own options, with our handlers in place of the app's.
import type { App } from "../app/app.ts";
import { healthRoutes, prepareRoutes } from "../routes/routes.ts";
import { createHandler, type HandlerContext } from "../handle/handler.ts";
import type { WebSockets } from "../connections/websockets.ts";

/** Where the worker's health can be checked, and the answer. */
export interface HealthOptions {
  /** Undefined: nowhere. */
  readonly healthCheckPath: string | undefined;
  readonly health: () => Response;
}

/** All options except the error handler. */
export function bunOptions(
  { fetch: appFetch, options }: App,
  { healthCheckPath, health }: HealthOptions,
  webSockets: WebSockets,
  context: HandlerContext,
): Record<string, unknown> {
  const { routes, websocket, error: _, ...rest } = options;
  const fetch = createHandler(appFetch, "fetch", context);
  const allRoutes = {
    ...prepareRoutes(routes, fetch, context),
    ...healthRoutes(healthCheckPath, health, context),
  };
  return {
    ...rest,
    fetch,
    ...(Object.keys(allRoutes).length > 0 ? { routes: allRoutes } : {}),
    ...(typeof websocket === "object" && websocket !== null
      ? { websocket: webSockets.wrap(websocket as Bun.WebSocketHandler<unknown>) }
      : {}),
  };
}
