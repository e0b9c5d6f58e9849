// node:http alone, with its callbacks and an upgrade.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const version = "v0";
const hostname = "127.0.0.1";
const port = 3000;

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url, "http://localhost");
  res.setHeader("X-Version", version);
  if (pathname === "/") {
    res.statusCode = 200;
    res.setHeader("Content-Type", "text/plain");
    res.end(`hello from ${version}`);
  } else if (pathname === "/slow") {
    setTimeout(() => res.end(`slept ${searchParams.get("ms")}`), Number(searchParams.get("ms")));
  } else if (pathname === "/echo") {
    const chunks = [];
    req.on("data", (chunk) => chunks.push(chunk));
    req.on("end", () => res.end(Buffer.concat(chunks)));
  } else if (pathname === "/upload") {
    const hash = createHash("sha256");
    let bytes = 0;
    req.on("data", (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    req.on("end", () => res.end(JSON.stringify({ bytes, sha256: hash.digest("hex") })));
  } else if (pathname === "/sse") {
    const quiet = searchParams.get("quiet");
    res.writeHead(200, { "Content-Type": "text/event-stream" });
    res.write("data: first\n\n");
    setTimeout(() => {
      res.write(`data: quiet for ${quiet}\n\n`);
      res.end("data: last\n\n");
    }, Number(quiet));
  } else {
    res.writeHead(404).end();
  }
});

const wss = new WebSocketServer({ noServer: true });
wss.on("connection", (ws) => {
  ws.on("message", (data) => ws.send(`${version}: ${data}`));
});
server.on("upgrade", (request, socket, head) => {
  wss.handleUpgrade(request, socket, head, (ws) => wss.emit("connection", ws, request));
});

server.listen(port, hostname, () => {
  console.log(`Server running at http://${hostname}:${port}/`);
});
