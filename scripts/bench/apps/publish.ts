// Whoever connects subscribes to one topic, and what one sends is published there, to itself, too.
const TOPIC = "all";

export default {
  fetch(request: Request, server: Bun.Server<undefined>): Response | undefined {
    if (server.upgrade(request)) return undefined;
    return new Response("a WebSocket is expected", { status: 426 });
  },
  websocket: {
    idleTimeout: 0,
    open(socket: Bun.ServerWebSocket): void {
      socket.subscribe(TOPIC);
    },
    message(socket: Bun.ServerWebSocket, message: string | Buffer): void {
      socket.publish(TOPIC, message);
      socket.send(message);
    },
  },
};
