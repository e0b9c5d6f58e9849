// The warm-up: each new worker is asked for the operator's paths before it is ready, by the path
// that all requests take, and as nobody's request.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { makeCertificate } from "../helpers/certificates.ts";
import { ask } from "../helpers/requests.ts";
import {
  type Config,
  pounce,
  runPounce,
  type ServerProcess,
  startPounce,
  stopAllServers,
  tomlOf,
  untilControlled,
} from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

/** Says what it was asked, and answers with the status that the path names. */
const BUN_APP = `
  let asked = [];
  const answer = (url, mark, address) => {
    const { pathname, host } = new URL(url);
    if (pathname === "/asked") return Response.json(asked);
    asked.push({ path: pathname, host, mark, address });
    if (pathname === "/throws") throw new TypeError("no database");
    if (pathname === "/breaks") {
      let parts = 0;
      const pull = async (controller) => {
        if (parts++ > 2) throw new Error("no more");
        controller.enqueue("part");
        await Bun.sleep(5);
      };
      return new Response(new ReadableStream({ pull }));
    }
    if (pathname === "/never") return new Promise(() => {});
    return new Response("ok", { status: Number(/^.(\\d{3})$/.exec(pathname)?.[1] ?? 200) });
  };
  export default {
    fetch: (request, server) => answer(request.url, request.headers.get("x-pounce-warmup"),
      server.requestIP(request)?.address),
    routes: { "/static": new Response("static") },
    startup: () => asked.push("startup"),
  };`;
const NODE_APP = `
  import { createServer } from "node:http";
  const asked = ["startup"];
  createServer((request, response) => {
    if (request.url === "/asked") return response.end(JSON.stringify(asked));
    const { host, "x-pounce-warmup": mark } = request.headers;
    asked.push({ path: request.url, host, mark, address: request.socket.remoteAddress });
    if (request.url === "/throws") throw new TypeError("no database");
    response.statusCode = Number(/^.(\\d{3})$/.exec(request.url)?.[1] ?? 200);
    response.end("ok");
  }).listen(8000);`;

interface Asked {
  readonly path: string;
  readonly host: string;
  readonly mark: string;
  readonly address: string;
}

async function askedOf(server: ServerProcess): Promise<Asked[]> {
  const { text } = await ask(server.endpoint, "/asked");
  const [first, ...asked] = JSON.parse(text);
  expect(first).toBe("startup");
  return asked;
}

const certificate = async (dir: string): Promise<void> => {
  const { cert, key } = makeCertificate();
  await Bun.write(join(dir, "a.pem"), cert + key, { mode: 0o600 });
};

const KINDS: readonly (readonly [string, string, Config])[] = [
  ["an app of Bun", BUN_APP, {}],
  ["a program on node:http", NODE_APP, {}],
  ["an app on a Unix socket", BUN_APP, { uds: "app.sock" }],
  ["an app behind known proxies", BUN_APP, { trusted_proxies: ["10.0.0.1"], request_id: true }],
];

test.concurrent.each(KINDS)("%s is asked before it is ready, unseen", async (_, app, more) => {
  const rollout = { warmup: ["/static", "/a?b=c", "/health", "/"] };
  const log = { access: "access.log" };
  const health_check_path = "/health";
  const own = { app: "./app.ts", workers: 1, keep_alive_timeout: 2, ...more };
  const port = "uds" in more ? {} : { port: 0 };
  const config = stringify({ ...own, ...port, rollout, log, health_check_path });
  await using server = await startPounce({ app, config });
  const isOnPort = server.path === undefined;
  const host = isOnPort ? `127.0.0.1:${server.port}` : "localhost";
  const asked = await askedOf(server);
  // Bun serves the other one by itself.
  const paths = app === NODE_APP ? ["/static", "/a?b=c", "/"] : ["/a", "/"];
  expect([...new Set(asked.map(({ path }) => path))]).toEqual(paths);
  for (const each of asked) expect(each).toMatchObject({ mark: "1", address: "127.0.0.1", host });
  await server.reload();
  expect((await askedOf(server)).length).toBe(asked.length);
  if (isOnPort) {
    await untilControlled(server);
    const status = JSON.parse((await pounce(server, "status", "--json")).stdout);
    const [{ generation, workers }] = status.generations;
    expect([generation, workers[0].report.requests]).toEqual([1, 1]);
  }
  await server.stop();
  const logged = (await Bun.file(join(server.dir, "access.log")).text()).trim().split("\n");
  expect(logged.map((line) => /GET (\S+)/.exec(line)?.[1])).toEqual(["/asked", "/asked"]);
});

test.concurrent("over TLS it is asked as its clients ask", async () => {
  const tls = { cert: "a.pem", key: "a.pem" };
  const app = `export default (request) => {
    if (!request.url.startsWith("https://127.0.0.1:")) throw new Error(request.url);
    console.log("asked for", new URL(request.url).pathname);
    return new Response();
  }`;
  const config = { workers: 1, tls, rollout: { warmup: "/a" } };
  await using server = await startPounce({ app, config, prepare: certificate });
  expect(server.logs.text()).toContain("asked for /a");
});

const FAILURES: readonly (readonly [string, string, string, string])[] = [
  ["an app of Bun that throws", BUN_APP, "/throws", "was answered 500: TypeError: no database"],
  ["a program that throws", NODE_APP, "/throws", "was answered 500: TypeError: no database"],
  ["an app that answers with 503", BUN_APP, "/503", "was answered 503"],
  ["a program that answers with 503", NODE_APP, "/503", "was answered 503"],
  ["an app whose answer breaks off", BUN_APP, "/breaks", "its answer, 200, broke off"],
  ["an app that does not answer", BUN_APP, "/never", "it did not answer in time"],
];

test.concurrent.each(FAILURES)("%s is rejected", async (_, app, path, reason) => {
  await using server = await startPounce({ app });
  const config = { startup_timeout: 4, rollout: { warmup: ["/", path] } };
  await server.write("pounce.toml", tomlOf(config));
  const lines = await server.reloadThatFails();
  const text = lines.join("\n");
  expect(text).toContain(`GET ${path} (rollout.warmup)`);
  expect(text).toContain(reason);
  expect(lines.at(-1)).toBe("[ERROR] Reload failed — continuing with previous version");
  // Once, as the reason.
  expect(text.split("TypeError: no database").length).toBeLessThanOrEqual(2);
  expect((await ask(server, "/")).status).toBe(200);
});

test.concurrent("at the first start such an app is a start that fails", async () => {
  const config = { rollout: { warmup: "/500" } };
  const { code, lines } = await runPounce({ app: BUN_APP, config });
  expect(code).toBe(1);
  expect(lines.join("\n")).toContain("GET /500 (rollout.warmup) was answered 500");
});

test.concurrent("an answer that is odd is a warning, once for all workers", async () => {
  const config = { workers: 3, rollout: { warmup: ["/404", "/302", "/204"] } };
  await using server = await startPounce({ app: BUN_APP, config });
  const warnings = server.logs.messages().filter((line) => line.includes("rollout.warmup"));
  expect(warnings).toEqual([
    "[WARN] Worker 0 (generation 0): GET /404 (rollout.warmup) was answered 404",
    "[WARN] Worker 0 (generation 0): GET /302 (rollout.warmup) was answered 302",
  ]);
});
