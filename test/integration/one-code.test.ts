// A generation is what it was when it was loaded: after a deploy into the same folder no worker
// runs the new code under the old number.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { versionsServed } from "../helpers/requests.ts";
import { pounce, type ServerProcess, startControlled, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const CHANGED = "/app.ts has changed since generation 0 was loaded";

function kill(server: ServerProcess, slot: number): void {
  const worker = server.workers().find((it) => it.slot === slot);
  if (worker === undefined) throw new Error(`no worker in slot ${slot}`);
  process.kill(worker.pid, "SIGKILL");
}

test.concurrent(
  "a replacement that would load other code does not start; a reload mends it",
  async () => {
    await using server = await startControlled();
    await server.writeApp(honoApp("v1"));
    kill(server, 1);
    await server.waitForLog(`Worker 2 (generation 0) does not start: ${server.dir}${CHANGED}`);
    expect(await versionsServed(server)).toEqual(["v0"]);
    const status = await pounce(server, "status");
    expect(status.stdout).toContain(
      `respawn, only 1 of 2 workers are ready: ${server.dir}${CHANGED}`,
    );
    expect(await pounce(server, "scale", "3")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`${CHANGED}.*the number stays at 2`)),
    });
    expect(await pounce(server, "reload", "--wait")).toMatchObject({ code: 0 });
    await server.untilWorkers((found) => found.length === 2);
    expect(await versionsServed(server)).toEqual(["v1"]);
  },
);

test.concurrent(
  "files that are put back as they were let the slot be filled, and no more",
  async () => {
    await using server = await startControlled();
    const app = join(server.dir, "app.ts");
    renameSync(app, `${app}.old`);
    await server.writeApp(honoApp("v1"));
    expect(await pounce(server, "scale", "4")).toMatchObject({ code: 1 });
    kill(server, 0);
    await server.waitForLog(CHANGED);
    renameSync(`${app}.old`, app);
    await server.waitForLog("are again what it was loaded from; its workers start");
    await server.untilWorkers((found) => found.length === 2);
    expect(await versionsServed(server)).toEqual(["v0"]);
  },
);

test.concurrent(
  "when the last worker is lost, what is on disk becomes a new generation",
  async () => {
    const respawn = { backoff_min: "10ms" };
    await using server = await startControlled({ config: { respawn } });
    await server.writeApp(honoApp("v1"));
    kill(server, 1);
    await server.waitForLog(CHANGED);
    kill(server, 0);
    await server.waitForLog("No worker of generation 0 is left, and its files have changed");
    const workers = await server.untilWorkers((found) => found.length === 2);
    expect(workers.map(({ generation }) => generation)).toEqual([1, 1]);
    expect(await versionsServed(server)).toEqual(["v1"]);
  },
);

test.concurrent(
  "a module that an app imports counts, and so does a package, and what says how it is found",
  async () => {
    const app = `import { part } from "./part.ts";\nimport { word } from "word";
    export default { fetch: () => new Response(part + word) };`;
    await using server = await startControlled({
      app,
      prepare: async (dir) => {
        await Bun.write(join(dir, "part.ts"), 'export const part = "a";');
        await Bun.write(join(dir, "node_modules/word/index.js"), 'export const word = "b";');
        await Bun.write(
          join(dir, "node_modules/word/package.json"),
          '{"name":"word","main":"index.js"}',
        );
        await Bun.write(join(dir, "tsconfig.json"), "{}");
      },
    });
    await Bun.write(join(server.dir, "node_modules/word/index.js"), 'export const word = "bb";');
    await Bun.write(join(server.dir, "part.ts"), 'export const part = "aa";');
    const manifest = "node_modules/word/package.json";
    await Bun.write(join(server.dir, manifest), '{"name":"word","main":"other.js"}');
    await Bun.write(join(server.dir, "tsconfig.json"), '{ "compilerOptions": { "paths": {} } }');
    kill(server, 0);
    const line = await server.waitForLog("does not start");
    expect(String(line)).toContain("part.ts");
    expect(String(line)).toContain("node_modules/word/index.js");
    expect(String(line)).toContain(manifest);
    expect(String(line)).toContain("tsconfig.json");
  },
);

test.concurrent("a file that is replaced during startup makes no second code", async () => {
  await using server = await startControlled();
  const slow = `export const startup = async () => {
    console.log("read");
    await Bun.sleep(800);
  };`;
  await server.writeApp(`${honoApp("v1")}\n${slow}`);
  server.hup();
  await server.waitForLog("read");
  await server.writeApp(`${honoApp("v2")}\n${slow}`);
  await server.waitForLog("/app.ts has changed since generation 1 was loaded");
  await server.waitForLog("continuing with previous version");
  expect(await versionsServed(server)).toEqual(["v0"]);
});

// Bun does not tell of a module before it has been evaluated.
test.concurrent("a file that is replaced while it is evaluated is warned of", async () => {
  await using server = await startControlled();
  const slow = `console.log("read"); await Bun.sleep(800);`;
  await server.writeApp(`${honoApp("v1")}\n${slow}`);
  server.hup();
  await server.waitForLog("read");
  await server.writeApp(`${honoApp("v2")}\n${slow}`);
  await server.waitForLog("/app.ts was written while the app was loaded");
});
