// Programs that start their own server, run unchanged: with `Bun.serve`, and with node:http.
import { describe, expect, test } from "bun:test";
import { ask } from "../helpers/requests.ts";
import { startPounce } from "../helpers/server.ts";

const NODE = `import http from "node:http";
const server = http.createServer((request, response) => response.end("v0 " + request.url));
server.listen(3000, () => console.log("at", JSON.stringify(server.address())));`;
const BUN = `const server = Bun.serve({
  routes: { "/route": () => new Response("route") },
  fetch: (request) => new Response("v0 " + new URL(request.url).pathname),
});
console.log("at", server.url.href);`;

describe("a program is served at pounce's address, which it sees as its own", () => {
  test.concurrent.each([
    ["of Bun.serve", BUN, (port: number) => `at http://127.0.0.1:${port}/`],
    ["of node:http", NODE, (port: number) => `"port":${port}}`],
  ])(
    "%s",
    async (_kind, app, shown) => {
      await using server = await startPounce({ app, config: { workers: 2 } });
      expect((await ask(server, "/path")).text).toBe("v0 /path");
      await server.writeApp(app.replaceAll("v0", "v1"));
      await server.reload();
      expect((await ask(server, "/path")).text).toBe("v1 /path");
      expect(server.logs.matching("at ").at(-1)).toContain(shown(server.port));
    },
    20_000,
  );
});
