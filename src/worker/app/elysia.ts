// Does for an exported Elysia app, which is not told to listen, what its `listen` would do. That
// sets `app.server`, which its handlers get, and gives the server the handlers of its WebSockets.
import type { Fetch } from "../http/layer.ts";

interface ElysiaApp {
  server: Bun.Server<unknown> | null;
  readonly config: { readonly websocket?: object };
  readonly modules?: unknown;
  getServer(): unknown;
}

export function isElysia(app: object): app is ElysiaApp {
  const isThere = ["getServer", "listen", "handle"].every((name) => hasFunction(app, name));
  // A proxy may answer for any name, but not with an object for these.
  return isThere && "server" in app && "config" in app && typeof app.config === "object";
}

function hasFunction(app: object, name: string): boolean {
  return name in app && typeof Reflect.get(app, name) === "function";
}

/** Its plugins may be promises: it has all of its routes once they are there. */
export async function untilComplete(app: ElysiaApp): Promise<void> {
  await app.modules;
}

/** `fetch`, which makes the server available to the app's handlers. */
export function withServer(app: ElysiaApp, fetch: Fetch): Fetch {
  return (request, server) => {
    if (app.server !== server) app.server = server;
    return fetch(request, server);
  };
}

type Socket = Bun.ServerWebSocket<Record<string, ((...args: unknown[]) => unknown) | undefined>>;

function dispatch(name: string): (socket: Socket, ...args: unknown[]) => unknown {
  return (socket, ...args) => socket.data[name]?.(socket, ...args);
}

/** Each connection carries its handlers as the data of its upgrade. */
export function webSocketsOf({ config }: ElysiaApp): object {
  const names = ["open", "message", "drain", "close", "ping", "pong"];
  return { ...config.websocket, ...Object.fromEntries(names.map((it) => [it, dispatch(it)])) };
}
