// The package ws on a server of node:http, with what programs do in `upgrade` beside it.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const seen = [];

const server = createServer((req, res) => {
  res.end(req.url === "/seen" ? JSON.stringify(seen.splice(0)) : "plain");
});
const wss = new WebSocketServer({
  noServer: true,
  handleProtocols: (protocols) => [...protocols][0],
  perMessageDeflate: true,
  maxPayload: 1000,
});

wss.on("headers", (headers) => headers.push("X-Extra: 1"));
wss.on("connection", (ws, req) => {
  seen.push(`connection ${req.url} ${ws.protocol} ${req.socket.remoteAddress}`);
  ws.on("message", (data, isBinary) => {
    const text = data.toString();
    if (text === "close") ws.close(4001, "bye");
    else if (text === "ping") ws.ping("x");
    else if (text === "terminate") ws.terminate();
    else ws.send(isBinary ? data : `echo ${text}`);
  });
  ws.on("ping", (data) => seen.push(`ping ${data}`));
  ws.on("pong", (data) => seen.push(`pong ${data}`));
  ws.on("close", (code, reason) => seen.push(`close ${code} ${reason}`));
  ws.on("error", (error) => seen.push(`error ${error.code}`));
});

const upgrades = {
  "/refused": (req, socket) => {
    socket.write("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
    socket.destroy();
  },
  "/ended": (req, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
  // A protocol of its own.
  "/raw": (req, socket, head) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: Upgrade\r\n\r\n");
    socket.write(`head ${head} `);
    socket.on("data", (data) => socket.write(`raw ${data} `));
    socket.on("close", () => seen.push("raw closed"));
  },
  "/late": (...args) => setTimeout(upgrade, 50, ...args),
};

function upgrade(req, socket, head) {
  wss.handleUpgrade(req, socket, head, (ws) => wss.emit("connection", ws, req));
}

server.on("upgrade", (req, socket, head) => (upgrades[req.url] ?? upgrade)(req, socket, head));

server.listen(3000, "127.0.0.1");
