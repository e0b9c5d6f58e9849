// An app that imports Hono and has none gets the one that is built in; its own, where there is one,
// wins.
import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT_IN_MODULES } from "../../src/built-in/hono.ts";
import { nodeModules } from "../helpers/fixtures.ts";
import { killAll } from "../helpers/processes.ts";
import { ask } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** A folder that no package can be found from. */
async function withoutPackages(dir: string): Promise<void> {
  unlinkSync(join(dir, "node_modules"));
}

const APP = `
import { Hono } from "hono";
import { cors } from "hono/cors";
import { html } from "hono/html";
const app = new Hono();
app.use(cors());
app.get("/", (c) => c.html(html\`<p>\${"<built in>"}</p>\`));
export default app;
`;

test("an app with Hono and its middleware serves from a folder without packages", async () => {
  await using server = await startPounce({ app: APP, prepare: withoutPackages });
  const answer = await ask(server, "/");
  expect(answer.text).toBe("<p>&lt;built in&gt;</p>");
  expect((await ask(server, "/")).headers.get("access-control-allow-origin")).toBe("*");
  // And once more in a generation of its own.
  await server.writeApp(APP.replace("<built in>", "again"));
  await server.reload();
  expect((await ask(server, "/")).text).toBe("<p>again</p>");
}, 60_000);

test("JSX is rendered by the built-in Hono", async () => {
  const app = [
    "/** @jsxImportSource hono/jsx */",
    'import { Hono } from "hono";',
    'const Page = ({ name }: { name: string }) => <h1 class="x">{name}</h1>;',
    'export default new Hono().get("/", (c) => c.html(<Page name="<jsx>" />));',
  ].join("\n");
  await using server = await startPounce({
    config: { app: "./page.tsx" },
    prepare: async (dir) => {
      await withoutPackages(dir);
      writeFileSync(join(dir, "page.tsx"), app);
    },
  });
  expect((await ask(server, "/")).text).toBe('<h1 class="x">&lt;jsx&gt;</h1>');
}, 60_000);

test("every part that is offered can be imported", async () => {
  const names = Object.keys(BUILT_IN_MODULES);
  const imports = names.map((name, index) => `import * as m${index} from "${name}";`);
  const counts = names.map((_, index) => `Object.keys(m${index}).length`).join(", ");
  const app = `${imports.join("\n")}\nexport default () => Response.json([${counts}]);`;
  await using server = await startPounce({ app, prepare: withoutPackages });
  const found = JSON.parse((await ask(server, "/")).text);
  const expected = await Promise.all(
    Object.values(BUILT_IN_MODULES).map(async (load) => Object.keys(await load()).length),
  );
  expect(found).toEqual(expected);
}, 60_000);

test("an app's own Hono is never replaced, nor one in a folder above", async () => {
  for (const place of [".", "apps/one"]) {
    await using server = await startPounce({
      config: { app: `./${place}/own.ts` },
      prepare: async (dir) => {
        await withoutPackages(dir);
        const own = join(dir, "node_modules", "hono");
        mkdirSync(own, { recursive: true });
        mkdirSync(join(dir, place), { recursive: true });
        writeFileSync(join(own, "package.json"), '{"name":"hono","main":"./index.js"}');
        writeFileSync(join(own, "index.js"), 'export const Hono = "my own";');
        const app = 'import { Hono } from "hono"; export default () => new Response(Hono);';
        writeFileSync(join(dir, place, "own.ts"), app);
      },
    });
    expect((await ask(server, "/")).text).toBe("my own");
  }
}, 60_000);

/** A server whose app has a Hono of its own, and a package.json with these dependencies. */
const withOwn = (dependencies: object): Promise<ServerProcess> =>
  startPounce({
    app: APP,
    prepare: async (dir) => {
      await withoutPackages(dir);
      cpSync(join(nodeModules, "hono"), join(dir, "node_modules/hono"), { recursive: true });
      writeFileSync(join(dir, "package.json"), JSON.stringify({ dependencies }));
    },
  });

describe.concurrent("when the app's own Hono is gone at a reload", () => {
  test("though package.json asks for it, the version before keeps serving", async () => {
    await using server = await withOwn({ hono: "^4" });
    rmSync(join(server.dir, "node_modules"), { recursive: true });
    const lines = (await server.reloadThatFails()).join("\n");
    expect(lines).toContain(`app ./app.ts: its own hono, ${server.dir}/node_modules/hono (4.`);
    expect(lines).toContain(`run \`npm install\` or \`bun install\` in ${server.dir}`);
    expect(lines).toContain("Reload failed");
    // A worker in the place of another would run other code than its generation.
    const after = server.logs.mark();
    killAll([server.workers()[0]?.pid ?? 0]);
    await server.waitForLog(/Worker 3 \(generation 0\) does not start: .*\/hono\/.* changed/, {
      after,
    });
    expect((await ask(server, "/")).status).toBe(200);
  }, 60_000);

  test("and nobody asks for it, the built-in one serves, with a warning", async () => {
    await using server = await withOwn({});
    rmSync(join(server.dir, "node_modules"), { recursive: true });
    const { lines } = await server.reload();
    expect(lines.join("\n")).toMatch(
      /\[WARN\] .*its own hono, .* is no longer installed; using the built-in one/,
    );
    const again = await server.reload();
    expect(again.lines.join("\n")).not.toContain("no longer installed");
  }, 60_000);
});
