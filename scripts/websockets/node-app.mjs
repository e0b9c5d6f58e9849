// The same under PM2: with the package `ws`, as Node has no WebSocket server, and with the end on
// SIGINT that PM2's manual shows. That says nothing of WebSockets: CLOSE_CODE is what they are closed
// with.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const headers = { "Content-Type": "text/plain", "Content-Length": 2 };
const server = createServer((_request, response) => response.writeHead(200, headers).end("ok"));
const webSockets = new WebSocketServer({ server });
webSockets.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data)));
});
server.listen(Number(process.env.PORT), process.env.HOST);
const code = process.env.CLOSE_CODE;
process.on("SIGINT", () => {
  server.close(() => process.exit());
  if (code === undefined) return;
  for (const socket of webSockets.clients) socket.close(Number(code), "Service Restart");
});
