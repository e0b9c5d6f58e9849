// Echoes what its WebSockets send: the app under pounce.
import { TURNS_IN } from "./turns.ts";

if (process.env[TURNS_IN] !== undefined) await import("./turn-meter.ts");

export default {
  fetch: (request: Request, server: Bun.Server<undefined>) =>
    server.upgrade(request) ? undefined : new Response("ok"),
  websocket: {
    message: (socket: Bun.ServerWebSocket, text: string | Buffer) => void socket.send(text),
  },
};
