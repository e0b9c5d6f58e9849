// What pounce is measured against: plain Bun.serve on the same app, one process of a pair that
// shares a port, or alone at the path of a Unix socket. With a certificate and its key in one file
// it speaks TLS, and HTTP/2.
//   raw-server.ts APP PORT|PATH [PAIR]
import { pathToFileURL } from "node:url";

interface App {
  fetch(request: Request): Response | Promise<Response>;
}

const [, , path, place = "", pairFile] = process.argv;
if (path === undefined) throw new Error("usage: raw-server.ts APP PORT|PATH [PAIR]");
const module = (await import(pathToFileURL(path).href)) as { default: App };
const app = module.default;
const handlers = { development: false, fetch: (request: Request) => app.fetch(request) };
const pair = pairFile === undefined ? undefined : await Bun.file(pairFile).text();
const tls = pair === undefined ? {} : { tls: { cert: pair, key: pair }, http2: true };
if (place.startsWith("/")) {
  Bun.serve({ ...handlers, unix: place });
} else {
  const tcp = { hostname: "127.0.0.1", port: Number(place), reusePort: true };
  Bun.serve({ ...handlers, ...tcp, ...tls });
}
console.log("listening");
