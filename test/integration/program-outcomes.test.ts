// What is known of the requests of a program on node:http: each is counted and logged once, with
// the status that its client got, whatever the program does with it.
import { join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import { freePort } from "../helpers/ports.ts";
import { ask } from "../helpers/requests.ts";
import { startControlled, stopAllServers, pounce } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const LIMIT_MS = 60_000;

/** `other` passes its requests on to the server that pounce serves. */
const program = (other: number): string => `import http from "node:http";
  process.on("uncaughtException", () => console.log("the program's own"));
  const answer = (request, response) => {
    if (request.url === "/slow") return console.log("waits");
    if (request.url === "/throw") throw new Error("on purpose");
    if (request.url === "/fail") return Promise.reject(new Error("on purpose"));
    if (request.url !== "/again") return response.end("answer");
    request.url = "/new";
    server.emit("request", request, response);
  };
  const server = http.createServer(answer);
  server.on("upgrade", ({ url, headers }, socket) => {
    console.log("upgrade", headers["x-request-id"]);
    if (url === "/refused") return socket.end("HTTP/1.1 401 Unauthorized\\r\\n\\r\\n");
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: chat\\r\\nConnection: Upgrade\\r\\n\\r\\n");
    socket.on("data", (data) => socket.end(data));
  });
  server.on("checkContinue", (request, response) => {
    response.writeContinue();
    server.emit("request", request, response);
  });
  server.listen(3000);
  http.createServer((...both) => server.emit("request", ...both)).listen(${other}, "127.0.0.1");`;

const LOG = { access: "access.log", access_format: "json" };

interface Entry {
  readonly path: string;
  readonly status: number;
  readonly request_id: string;
}

const start = (other: number, config: object = {}) =>
  startControlled({
    app: program(other),
    config: { workers: 1, request_id: true, log: LOG, ...config },
  });

async function entriesIn(dir: string): Promise<Entry[]> {
  const lines = (await Bun.file(join(dir, "access.log")).text()).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Entry);
}

const UPGRADE = "Host: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";
const CONTINUE = "Host: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";

/** Sends a request on a connection of its own, which is closed after `rest`. */
async function converse(
  { port }: { readonly port: number },
  line: string,
  headers: string,
  rest: (wire: Wire) => Promise<unknown>,
): Promise<void> {
  using wire = await Wire.open({ host: "127.0.0.1", port });
  wire.send(`${line}\r\n${headers}`);
  await rest(wire);
}

test.concurrent(
  "upgrades, and what the program emits or throws itself",
  async () => {
    const other = freePort();
    await using server = await start(other);
    expect((await ask(server, "/again")).text).toBe("answer");
    expect(await (await fetch(`http://127.0.0.1:${other}/other`)).text()).toBe("answer");
    await converse(server, "GET /refused HTTP/1.1", UPGRADE, (wire) => wire.ended);
    await converse(server, "GET /taken HTTP/1.1", UPGRADE, async (wire) => {
      await wire.until(({ head }) => head.endsWith("\r\n\r\n"));
      await wire.send("bye").ended;
      expect(wire.text).toEndWith("bye");
    });
    await converse(server, "POST /continue HTTP/1.1", CONTINUE, async (wire) => {
      await wire.until(({ text }) => text.includes("100 Continue"));
      await wire.send("hi").until(({ text }) => text.endsWith("answer"));
    });
    await converse(server, "GET /throw HTTP/1.1", "Host: a\r\n\r\n", () =>
      server.logs.waitFor("the program's own"),
    );
    const { stdout } = await pounce(server, "status", "--json");
    expect(stdout).toMatch(/"requests": ?5\b/);
    await server.stop();
    const entries = await entriesIn(server.dir);
    expect(entries.map(({ path, status }) => `${path} ${status}`)).toEqual([
      "/again 200",
      "/refused 401",
      "/taken 101",
      "/continue 200",
      expect.stringContaining("/throw"),
    ]);
    const found = server.logs.matching("upgrade ").map((line) => line.split("upgrade ")[1] ?? "");
    expect(entries.slice(1, 3).map(({ request_id }) => request_id)).toEqual(found);
  },
  LIMIT_MS,
);

test.concurrent(
  "a request gets its 503 at the deadline, though another server's came after it",
  async () => {
    const other = freePort();
    await using server = await start(other, { reload_timeout: 1.5 });
    using wire = await Wire.open({ host: "127.0.0.1", port: server.port });
    wire.get("/slow");
    await server.logs.waitFor("waits");
    expect(await (await fetch(`http://127.0.0.1:${other}/other`)).text()).toBe("answer");
    await server.reload();
    await wire.until(({ isWhole }) => isWhole);
    expect(wire.head).toStartWith("HTTP/1.1 503 Service Unavailable");
  },
  LIMIT_MS,
);

test.concurrent(
  "pipelined requests that have come before an answer in a drain are all answered",
  async () => {
    const app = `import http from "node:http";
      http.createServer((request, response) => {
        setTimeout(() => response.end("answer to " + request.url), Number(request.url.slice(1)));
      }).listen(3000);`;
    await using server = await startControlled({ app, config: { workers: 1 } });
    using wire = await Wire.open({ host: "127.0.0.1", port: server.port });
    await wire.get("/0").until(({ text }) => text.endsWith("answer to /0"));
    server.hup();
    await server.waitForLog("Draining old workers");
    wire.send(["/150", "/300"].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
    await wire.until(({ text }) => text.endsWith("answer to /300"));
    expect(wire.text).toMatch(/answer to \/150[^]*answer to \/300$/);
  },
  LIMIT_MS,
);

test.concurrent(
  "an answer in place of the program has the request's id",
  async () => {
    const app = `import http from "node:http";
      http.createServer(() => { throw new Error("on purpose"); }).listen(3000);`;
    await using server = await startControlled({ app, config: { workers: 1, request_id: true } });
    const { status, headers } = await fetch(`http://127.0.0.1:${server.port}/`);
    expect(status).toBe(500);
    await server.waitForLog(`(request ${headers.get("x-request-id")})`);
  },
  LIMIT_MS,
);
