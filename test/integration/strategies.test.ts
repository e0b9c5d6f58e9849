// Other ways to replace a generation: a few workers at a time, and after the old one has stopped.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import { listen } from "../helpers/hearing.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { pounce, startControlled, stopAllServers, tomlOf } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const ROLLING = { workers: 3, rollout: { strategy: "rolling", max_surge: 1 } };
const RESTART = { rollout: { strategy: "restart" } };

test.concurrent(
  "rolling never has more than max_surge workers too many, and loses nothing",
  async () => {
    await using server = await startControlled({ config: ROLLING });
    const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 8 });
    await load.untilMore(20);
    await server.writeApp(honoApp("v1"));
    let most = 0;
    const looking = setInterval(() => (most = Math.max(most, server.workers().length)), 20);
    expect(await pounce(server, "reload", "--wait")).toMatchObject({ code: 0 });
    clearInterval(looking);
    expect(most).toBe(4);
    expect(await versionsServed(server)).toEqual(["v1"]);
    expectNoLoss(await load.stop());
  },
);

test.concurrent("a version that does not load changes nothing for rolling either", async () => {
  await using server = await startControlled({ config: ROLLING });
  const before = server.workers();
  await server.writeApp(fixture("broken/throws-at-import"));
  expect(await pounce(server, "reload", "--wait")).toMatchObject({ code: 1 });
  await server.untilWorkers((found) => found.length === 3);
  expect(server.workers()).toEqual(before);
});

test.concurrent(
  "a version whose last worker fails has had clients: rolling rolls it back",
  async () => {
    await using server = await startControlled({ config: ROLLING });
    const load = startLoad({ port: server.port, modes: ["connect"], clients: 4 });
    await load.untilMore(20);
    // The highest slot comes first.
    await server.writeApp(
      `${honoApp("v1")}
export const startup = ({ slot }) => {
  if (slot === 0) throw new Error("no room");
};
`,
    );
    const { code, stdout } = await pounce(server, "reload", "--wait", "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      { outcome: "rolled-back", reason: expect.stringContaining("no room"), workers: 0 },
    ]);
    await server.waitForLog(/Rolled back from generation 1 to generation 0: .*no room/);
    await load.untilMore(20);
    expectNoLoss(await load.stop());
    expect(await versionsServed(server)).toEqual(["v0"]);
  },
);

test.concurrent(
  "restart starts the new version when the last old worker has gone; clients wait",
  async () => {
    await using server = await startControlled({ config: RESTART });
    const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"], clients: 8 });
    await load.untilMore(20);
    await server.writeApp(honoApp("v1"));
    const generations = new Set<string>();
    const looking = setInterval(() => {
      // A process that has loaded nothing may have been started ahead.
      if (!server.logs.text().includes("Stopping generation 0")) return;
      const found = new Set(server.workers().map(({ generation }) => generation));
      generations.add([...found].join());
    }, 20);
    expect(await pounce(server, "reload", "--wait")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ ms, nobody took new connections for \d+ ms, nothing was/),
    });
    clearInterval(looking);
    expect([...generations].filter((them) => them.includes(","))).toEqual([]);
    await server.waitForLog(/Generation 1 takes new connections; for [\d.]+m?s nobody did/);
    await load.untilMore(20);
    expectNoLoss(await load.stop());
    expect(await versionsServed(server)).toEqual(["v1"]);
  },
);

test.concurrent("restart starts the old version again when the new one does not load", async () => {
  await using server = await startControlled({
    config: { ...RESTART, app: "./1/app.ts" },
    prepare: async (dir) => {
      await Bun.write(`${dir}/1/app.ts`, honoApp("v0"));
      await Bun.write(`${dir}/2/app.ts`, fixture("broken/throws-at-import"));
    },
  });
  const config = { ...RESTART, app: "./2/app.ts", control_socket: "control.sock" };
  await server.write("pounce.toml", tomlOf(config));
  expect(await pounce(server, "reload", "--wait")).toMatchObject({ code: 1 });
  await server.waitForLog("Generation 0 takes new connections");
  await server.untilWorkers((found) => found.length === 2);
  expect(await versionsServed(server)).toEqual(["v0"]);
});

test.concurrent(
  "restart of files in place: it is said that nobody serves, and until when",
  async () => {
    await using server = await startControlled({ config: RESTART });
    const heard = listen(server.endpoint);
    await server.writeApp(fixture("broken/throws-at-import"));
    const { code, stderr } = await pounce(server, "reload");
    expect(code).toBe(1);
    expect(stderr).toContain("\n  nobody serves");
    await server.waitForLog("its files have changed: nobody serves");
    const status = await pounce(server, "status");
    expect(status.stdout).toMatch(/under way: outage, nobody serves: \S*app.ts has changed since/);
    await server.writeApp(honoApp("v0"));
    await server.waitForLog(/Generation \d+ takes new connections/);
    expect(await versionsServed(server)).toEqual(["v0"]);
    expect(await heard.end()).toEqual(new Set(["hello from v0"]));
  },
);
