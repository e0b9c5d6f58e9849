// What a program gives to `Bun.serve` counts as it does under `bun`.
import { afterAll, describe, expect, test } from "bun:test";
import { freePort } from "../helpers/ports.ts";
import { ask } from "../helpers/requests.ts";
import { runPounce, startPounce, stopAllServers } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const LIMIT_MS = 60_000;

describe("a program that names no port", () => {
  test.concurrent(
    "has the one of PORT, also beside a server for something else",
    async () => {
      const [port, other] = [freePort(), freePort()];
      const app = `Bun.serve({ port: ${other}, fetch: () => new Response("metrics") });
        const server = Bun.serve({ fetch: () => new Response("main at " + server.port) });`;
      await using server = await startPounce({ app, config: { workers: 1, port } });
      expect((await ask(server, "/")).text).toBe(`main at ${port}`);
    },
    LIMIT_MS,
  );

  test.concurrent(
    "does not get into pounce's place later",
    async () => {
      const port = freePort();
      const app = `Bun.serve({ port: process.env.PORT, fetch: () => new Response("main") });
        setTimeout(() => {
          try {
            console.log("listens at", Bun.serve({ fetch: () => new Response("late") }).port);
          } catch (error) {
            console.log("late:", error.code);
          }
        }, 100);`;
      const env = { PORT: String(port) };
      await using server = await startPounce({ app, config: { workers: 1, port }, env });
      await server.logs.waitFor("late: EADDRINUSE");
    },
    LIMIT_MS,
  );
});

test.concurrent(
  "options may come from a class",
  async () => {
    const app = `class App {
        port = 3000;
        get routes() { return { "/route": new Response("route") }; }
        fetch() { return new Response("fetch"); }
      }
      Bun.serve(new App());`;
    await using server = await startPounce({ app, config: { workers: 1 } });
    expect((await ask(server, "/route")).text).toBe("route");
    expect((await ask(server, "/")).text).toBe("fetch");
  },
  LIMIT_MS,
);

test.concurrent(
  "handlers that are replaced before the worker listens are the ones that are served",
  async () => {
    const app = `const server = Bun.serve({ fetch: () => new Response("before") });
      export const startup = () => server.reload({ fetch: () => new Response("after") });`;
    await using server = await startPounce({ app, config: { workers: 1 } });
    expect((await ask(server, "/")).text).toBe("after");
  },
  LIMIT_MS,
);

describe("routes under their old name, static, are marked in a drain", () => {
  const options = `{ static: { "/a": new Response("static") }, fetch: () => new Response("fetch") }`;
  test.concurrent.each([
    ["of a program", `Bun.serve(${options});`],
    ["of an app", `export default ${options};`],
  ])(
    "%s",
    async (_whose, app) => {
      await using server = await startPounce({ app, config: { workers: 1, reload_timeout: 15 } });
      using wire = await Wire.open({ host: "127.0.0.1", port: server.port });
      await wire.get("/a").until(({ text }) => text.endsWith("static"));
      server.hup();
      await server.waitForLog("Draining old workers");
      await wire.get("/a").until(({ text }) => /connection: close/i.test(text));
      await server.waitForLog("Graceful reload complete");
      expect(server.logs.matching("forcing shutdown")).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe("what Bun refuses is refused in Bun's words, with the place", () => {
  test.concurrent.each([
    ["no handler", "{ port: 3000 }", /needs either.*fetch handler/s],
    ["a port that is none", `{ port: "http", fetch }`, /"options\.port" is out of range/],
  ])(
    "%s",
    async (_what, options, words) => {
      const { code, stderr } = await runPounce({ app: `Bun.serve(${options});` });
      expect(stderr).toMatch(words);
      expect(stderr).toContain("app.ts:1:");
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );
});
