// Servers of pounce's own for technique.ts: WebSockets that echo, served as the app's are.
import type { Server } from "node:http";
import { type Library, libraryClasses, nativeOf } from "../movable/library.ts";

type Socket = Bun.ServerWebSocket<unknown>;

/**
 * @param name of an abstract Unix socket, to listen on
 * @param opened gets each WebSocket of Bun
 * @param got gets each message
 * @returns ends it, with all connections
 */
export type ServeTrial = (
  name: string,
  opened: (socket: Socket) => void,
  got: (message: string) => void,
) => Promise<() => void>;

export const serveByBun: ServeTrial = (name, opened, got) => {
  const server = Bun.serve({
    unix: `\0${name}`,
    fetch: (request, self) =>
      self.upgrade(request, { data: undefined }) ? undefined : new Response(null),
    websocket: {
      open: opened,
      message: (socket, message) => {
        got(String(message));
        socket.send(message);
      },
    },
  });
  server.unref();
  return Promise.resolve(() => void server.stop(true));
};

/** On node:http, by the package `ws`. */
export const serveByLibrary: ServeTrial = async (name, opened, got) => {
  const { WebSocketServer } = libraryClasses() ?? {};
  if (WebSocketServer === undefined) throw new Error("the package ws is not as it was");
  const library = new WebSocketServer({ noServer: true });
  const server: Server = process.getBuiltinModule("node:http").createServer();
  server.on("upgrade", (request, socket, head) => {
    library.handleUpgrade(request, socket, head, (webSocket: Library) => {
      webSocket.on("message", (message: Buffer) => {
        got(String(message));
        webSocket.send(message, { binary: false });
      });
      const native = nativeOf(webSocket);
      if (native !== undefined) opened(native);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen({ path: `\0${name}` }, listening.resolve);
  await listening.promise;
  server.unref();
  return () => {
    server.closeAllConnections();
    server.close();
  };
};
