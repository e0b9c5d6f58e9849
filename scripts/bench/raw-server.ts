// What pounce is measured against: plain Bun.serve on the same app, one process of a pair that
// shares a port.
//   raw-server.ts APP PORT
import { pathToFileURL } from "node:url";

interface App {
  fetch(request: Request): Response | Promise<Response>;
}

const [, , path, port] = process.argv;
if (path === undefined) throw new Error("usage: raw-server.ts APP PORT");
const module = (await import(pathToFileURL(path).href)) as { default: App };
const app = module.default;
Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  reusePort: true,
  development: false,
  fetch: (request) => app.fetch(request),
});
console.log("listening");
