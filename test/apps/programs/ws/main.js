// The package ws, as in "Simple server" of its README.
import { WebSocketServer } from "ws";

const version = "v0";
const wss = new WebSocketServer({ port: 8080 });

wss.on("connection", function connection(ws) {
  ws.on("error", console.error);

  ws.on("message", function message(data) {
    ws.send(`${version}: ${data}`);
  });
});
