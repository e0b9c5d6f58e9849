// The HTTP servers of a program that pounce does not serve, though it might have: they were started
// before the one that it serves. They listen as the program has asked for.
import { afterAll, expect, test } from "bun:test";
import { createServer } from "node:net";
import { once } from "node:events";
import { TLS } from "../fixtures/tls.ts";
import { freePort } from "../helpers/ports.ts";
import { ask } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const LIMIT_MS = 60_000;
const MAIN = `import http from "node:http";
http.createServer((_, response) => response.end("main")).listen(process.env.PORT);`;

const start = (app: string) =>
  startPounce({ app: `${app}\n${MAIN}`, config: { workers: 1, port: freePort() } });

test.concurrent.each([
  [
    "node:https",
    (port: number) => `import https from "node:https";
      const encrypted = ({ socket }, response) => response.end(socket.encrypted ? "tls" : "plain");
      https.createServer(${JSON.stringify(TLS)}, encrypted).listen(${port}, "127.0.0.1");`,
  ],
  [
    "Bun.serve",
    (port: number) => `const at = { hostname: "127.0.0.1", port: ${port} };
      Bun.serve({ ...at, tls: ${JSON.stringify(TLS)}, fetch: () => new Response("tls") });`,
  ],
])(
  "one of %s with TLS speaks TLS, and nothing else",
  async (_of, app) => {
    const port = freePort();
    await using server = await start(app(port));
    expect((await ask(server, "/")).text).toBe("main");
    const tls = { rejectUnauthorized: false };
    expect(await (await fetch(`https://127.0.0.1:${port}/`, { tls })).text()).toBe("tls");
    const plain = await fetch(`http://127.0.0.1:${port}/`).catch(() => "no answer");
    expect(plain).toBe("no answer");
  },
  LIMIT_MS,
);

test.concurrent(
  "one of Bun.serve says where it really is, and its stop waits for its requests",
  async () => {
    const port = freePort();
    const other = `https://127.0.0.1:${port}/`;
    const app = `const begun = Promise.withResolvers();
      const answer = async () => (begun.resolve(), await Bun.sleep(100), new Response("whole"));
      const at = { hostname: "127.0.0.1", port: ${port} };
      const own = Bun.serve({ ...at, tls: ${JSON.stringify(TLS)}, fetch: answer });
      Bun.serve({ port: process.env.PORT, async fetch() {
        const tls = { rejectUnauthorized: false };
        const asked = fetch(own.url, { tls, keepalive: false }).then((response) => response.text());
        await begun.promise;
        let isEnding = true;
        const stopped = own.stop().then(() => (isEnding = false));
        await Promise.race([stopped, Bun.sleep(20)]);
        const words = [own.url, own.protocol, isEnding, await asked];
        await stopped;
        return new Response(words.join(" "));
      } });`;
    await using server = await startPounce({ app, config: { workers: 1, port: freePort() } });
    expect((await ask(server, "/")).text).toBe(`${other} https true whole`);
  },
  LIMIT_MS,
);

test.concurrent(
  "one whose port somebody else has gets the error, as it listens for that",
  async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    const app = `import { createServer } from "node:http";
      const other = createServer();
      other.on("error", ({ code }) => console.log("goes on without it:", code));
      other.listen(${port}, "127.0.0.1");`;
    await using server = await start(app);
    expect((await ask(server, "/")).text).toBe("main");
    await server.logs.waitFor("goes on without it: EADDRINUSE");
    holder.close();
  },
  LIMIT_MS,
);
