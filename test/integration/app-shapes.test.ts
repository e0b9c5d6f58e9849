// What an app may be, what it may export besides, and what is refused.
import { afterAll, describe, expect, test } from "bun:test";
import { fixture } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask } from "../helpers/requests.ts";
import { runPounce, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

async function prepare(dir: string): Promise<void> {
  await Bun.write(`${dir}/file.txt`, "content of the file");
}

describe("an app is", () => {
  const shapes: [claim: string, app: string, source: string][] = [
    ["a Hono app", "./app.ts", "hono"],
    ["a function", "./app.ts", "function"],
    ["an object whose fetch is a method", "./app.ts", "method"],
    ["an export by name", "./app.ts:site", "named"],
    ["a function by name", "./app.ts:handler", "named"],
    ["made by a factory", "./app.ts:createApp()", "factory"],
    ["made by an async factory", "./app.ts:createAppLater()", "factory"],
    ["Bun's own export", "./app.ts", "bun-export"],
    ["a module without its extension", "app", "hono"],
    ["a module without its extension, by name", "app:site", "named"],
  ];
  for (const [claim, app, name] of shapes) {
    const check = async (): Promise<void> => {
      const config = { app, workers: 1 };
      await using server = await startPounce({ config, app: fixture(name), prepare });
      expect((await ask(server, "/")).text).toBe("hello from v0");
      await server.writeApp(fixture(name, "v1"));
      const { lines } = await server.reload();
      expect(lines).toContain(`[INFO] Successfully reimported app from ${app}`);
      expect((await ask(server, "/")).text).toBe("hello from v1");
    };
    test.concurrent(claim, check, 60_000);
  }

  test.concurrent(
    "given on the command line as well",
    async () => {
      await using server = await startPounce({ argv: ["./app.ts", "-p", "0", "-w", "1"] });
      expect((await ask(server, "/")).text).toBe("hello from v0");
    },
    60_000,
  );
});

describe("refused, with what was found and what is expected, is", () => {
  const refused: [claim: string, app: string, source: string, expected: RegExp][] = [
    ["a string", "./app.ts", 'export default "hello";', /string.*fetch/s],
    ["a module without a default export", "./app.ts", "export const x = 1;", /default.*fetch/s],
    ["an export that is not there", "./app.ts:nothing", "export const x = 1;", /nothing/],
    ["a factory that is not there", "./app.ts:nothing()", "export const x = 1;", /nothing/],
    [
      "a fetch that is no function",
      "./app.ts",
      "export default { fetch: 1 };",
      /whose fetch is a number.*expected/s,
    ],
    ["a file that is not there", "./missing.ts", "export const x = 1;", /\.\/missing\.ts/],
  ];
  for (const [claim, app, source, expected] of refused) {
    const check = async (): Promise<void> => {
      const run = await runPounce({ config: { app }, app: source });
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/\[ERROR\] /);
      expect(run.stderr).toMatch(expected);
    };
    test.concurrent(claim, check, 60_000);
  }
});

describe("of another kind is", () => {
  const FETCH = "export default { fetch: () => new Response('v0') };";
  const OPEN = "Bun.serve({ port: 0, fetch: () => new Response('second'), reusePort: true });";

  test.concurrent(
    "an app whose own port is in use: refused, and why",
    async () => {
      using held = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
      const own = `Bun.serve({ hostname: "127.0.0.1", port: ${held.port}, fetch() {} });`;
      const run = await runPounce({ app: own + FETCH });
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/it opens a port itself, and that port is in use/);
    },
    60_000,
  );

  test.concurrent(
    "an app that listens where pounce is to: refused, and why",
    async () => {
      await using server = await startPounce({ app: FETCH, config: { workers: 1 } });
      const port = server.port;
      const own = `Bun.listen({ hostname: "127.0.0.1", port: ${port}, reusePort: true, socket: { data() {} } });`;
      await server.writeApp(own + FETCH);
      const lines = await server.reloadThatFails();
      expect(lines.join()).toContain(
        `it listens on port ${port} itself, but that is where pounce serves`,
      );
      expect((await ask(server, "/")).text).toBe("v0");
    },
    60_000,
  );

  test.concurrent(
    "an app that opens a port besides: served, and told once",
    async () => {
      await using server = await startPounce({ app: OPEN + FETCH });
      expect((await ask(server, "/")).text).toBe("v0");
      expect(
        server.logs.matching(/also opens port \d+ itself.* cut off when a worker exits/),
      ).toHaveLength(1);
    },
    60_000,
  );

  test.concurrent(
    "an itty-router, which answers for every name",
    async () => {
      const app =
        "import { AutoRouter } from 'itty-router'; export default AutoRouter().get('/a', () => 'v0');";
      await using server = await startPounce({ app });
      expect((await ask(server, "/a")).text).toBe('"v0"');
    },
    60_000,
  );

  test.concurrent(
    "an Elysia app: it has its server, its plugins and its WebSockets",
    async () => {
      const app = `import { Elysia } from "elysia";
      const later = Bun.sleep(20).then(() => new Elysia().get("/later", () => "later"));
      export default new Elysia().use(later).get("/", ({ server }) => String(server?.port))
        .ws("/ws", { message(ws, message) { ws.send("echo " + message); } });`;
      await using server = await startPounce({ app });
      expect((await ask(server, "/")).text).toBe(String(server.port));
      expect((await ask(server, "/later")).text).toBe("later");
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
      socket.addEventListener("open", () => socket.send("hello"));
      const said = new Promise((resolve) =>
        socket.addEventListener("message", ({ data }) => resolve(data)),
      );
      expect(await said).toBe("echo hello");
      socket.close();
    },
    60_000,
  );
});

describe("what CommonJS and promises export is an app:", () => {
  const cases: [claim: string, file: string, source: string][] = [
    ["module.exports", "app.cjs", "module.exports = { fetch: () => new Response('v0') };"],
    ["exports.default", "app.cjs", "exports.default = { fetch: () => new Response('v0') };"],
    [
      "a default of a default",
      "app.cjs",
      "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = { default: () => new Response('v0') };",
    ],
    ["a promise", "app.ts", "export default Promise.resolve({ fetch: () => new Response('v0') });"],
    [
      "top-level await",
      "app.ts",
      "export default await Promise.resolve(() => new Response('v0'));",
    ],
    [
      "a factory of a router",
      "app.ts:make()",
      "import { AutoRouter } from 'itty-router'; export const make = () => AutoRouter().get('*', () => new Response('v0'));",
    ],
  ];
  for (const [claim, app, source] of cases) {
    const check = async (): Promise<void> => {
      const write = async (dir: string): Promise<void> =>
        void (await Bun.write(`${dir}/${app.replace(/:.*/, "")}`, source));
      await using server = await startPounce({
        config: { app: `./${app}`, workers: 1 },
        prepare: write,
      });
      expect((await ask(server, "/")).text).toBe("v0");
    };
    test.concurrent(claim, check, 60_000);
  }
});

describe("Bun's own export", () => {
  const options = { app: fixture("bun-export"), prepare };

  test.concurrent(
    "has its routes, its limits and its error page",
    async () => {
      await using server = await startPounce(options);
      expect((await ask(server, "/static")).text).toBe("static v0");
      expect((await ask(server, "/file")).text).toBe("content of the file");
      expect((await ask(server, "/bytes")).text).toBe("content of the file");
      expect((await ask(server, "/items/7")).text).toBe("item 7 v0");
      expect((await ask(server, { path: "/methods", method: "POST" })).text).toBe("posted v0");
      const failed = await ask(server, "/throw");
      expect([failed.status, failed.text]).toEqual([500, "the app's own error page v0"]);
    },
    60_000,
  );

  test.concurrent(
    "loses nothing on static and file routes over reloads",
    async () => {
      await using server = await startPounce(options);
      const load = startLoad({ port: server.port, modes: ["routes", "websocket"], clients: 32 });
      await load.untilMore(100);
      for (const version of ["v1", "v2", "v3"]) {
        await server.writeApp(fixture("bun-export", version));
        await server.reload();
        await load.untilMore(100);
      }
      const result = await load.stop();
      expectNoLoss(result);
      expect(result.websocketsClosed).toBeGreaterThan(0);
      expect((await ask(server, "/static")).text).toBe("static v3");
    },
    90_000,
  );

  test.concurrent(
    "does not decide about the address: that is ignored, with one line that says so",
    async () => {
      await using server = await startPounce(options);
      const lines = server.logs.messages().filter((line) => line.includes("idleTimeout"));
      expect(lines).toHaveLength(1);
      for (const key of ["port", "hostname", "development"]) expect(lines[0]).toContain(key);
      expect(lines[0]).not.toContain("maxRequestBodySize");
    },
    60_000,
  );
});

for (const [claim, thrown] of [
  ["thrown", "export default () => { throw new Error('the secret'); };"],
  ["of a promise", "export default async () => { throw new Error('the secret'); };"],
] as const) {
  test(`an error ${claim} is a 500 without details, and the log has it`, async () => {
    await using server = await startPounce({ app: thrown });
    const { status, text, headers } = await ask(server, "/");
    expect(status).toBe(500);
    expect(headers.get("content-type")).toStartWith("application/problem+json");
    expect(text).not.toContain("secret");
    await server.waitForLog("the secret");
  }, 60_000);
}
