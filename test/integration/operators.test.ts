// Several operators at once, and commands in each other's way: each gets its own clear answer.
import { afterAll, describe, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { ask, hold, versionsServed } from "../helpers/requests.ts";
import { pounce, startControlled, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const start = (config: Record<string, unknown> = {}) => startControlled({ config });

/** An app whose import takes a while: a reload that can be met half-way. */
const slowApp = (version: string, ms = 5000) =>
  `console.log("importing ${version}");await Bun.sleep(${ms});\n${honoApp(version)}`;

const health = async (server: { port: number }) => (await ask(server, "/health")).status;

const ofGeneration = (found: { generation: number }[], generation: number) =>
  found.filter((it) => it.generation === generation);

const receiptOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout);

describe.concurrent("reloads at the same time", () => {
  test("by three: the first has its own, the others share the one that follows", async () => {
    await using server = await start();
    await server.writeApp(slowApp("v1", 4000));
    const first = pounce(server, "reload", "--wait", "--json");
    await server.waitForLog("importing v1");
    await server.writeApp(honoApp("v2"));
    const others = [
      pounce(server, "reload", "--wait", "--json"),
      pounce(server, "reload", "--wait", "--json"),
    ];
    const replies = [await first, ...(await Promise.all(others))];
    expect(replies.map(({ code }) => code)).toEqual([0, 0, 0]);
    const receipts = replies.map(receiptOf);
    expect(receipts.map(({ generation }) => generation)).toEqual([1, 2, 2]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(["completed", "completed", "completed"]);
    expect(await versionsServed(server)).toEqual(["v2"]);
  }, 60_000);

  test("of a bad version and of a good one: no for the first, yes for the second", async () => {
    await using server = await start();
    await server.writeApp(
      'console.log("importing v1"); await Bun.sleep(500); throw new Error("v1 is bad");',
    );
    const first = pounce(server, "reload", "--wait");
    await server.waitForLog("importing v1");
    await server.writeApp(honoApp("v2"));
    const second = pounce(server, "reload", "--wait", "--json");
    expect(await first).toMatchObject({ code: 1, stderr: expect.stringContaining("v1 is bad") });
    expect(receiptOf(await second)).toMatchObject({ generation: 2, outcome: "completed" });
    expect(await versionsServed(server)).toEqual(["v2"]);
  }, 60_000);
});

test.concurrent(
  "more commands at once than the server takes clients wait for their turn, and each is answered",
  async () => {
    await using server = await start({ workers: 1 });
    // It takes 64.
    const replies = await Promise.all(
      Array.from({ length: 80 }, () => pounce(server, "drain", "--for", "500ms")),
    );
    expect(new Set(replies.map(({ code, stderr }) => `${code} ${stderr}`))).toEqual(
      new Set(["0 "]),
    );
  },
  60_000,
);

describe.concurrent("a stop", () => {
  test("while a new generation loads: the reload is rejected, and says so", async () => {
    await using server = await start();
    const { reply } = await hold(server, 1500);
    await server.writeApp(slowApp("v1", 20_000));
    const reload = pounce(server, "reload", "--wait");
    await server.waitForLog("importing v1");
    const stop = pounce(server, "stop");
    expect(await reload).toMatchObject({
      code: 1,
      stderr: "pounce: the reload was rejected: the server is stopping\n",
    });
    expect(await stop).toMatchObject({ code: 0, stderr: "" });
    expect(await reply).toMatchObject({ status: 200 });
    expect(await server.exited).toMatchObject({ code: 0 });
  }, 60_000);

  test("while the old generation drains: the reload has ended well, with its receipt", async () => {
    await using server = await start();
    const { reply, release } = await hold(server);
    await server.writeApp(honoApp("v1"));
    const reload = pounce(server, "reload", "--wait", "--json");
    await server.waitForLog("Draining old workers");
    const stop = pounce(server, "stop");
    await server.waitForLog("stopping gracefully");
    release();
    const ended = await reload;
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(receiptOf(ended)).toMatchObject({
      generation: 1,
      outcome: "completed",
      requests: { forced: 0 },
    });
    expect(await stop).toMatchObject({ code: 0, stderr: "" });
    expect(await reply).toMatchObject({ status: 200 });
  }, 60_000);

  test("by two: both return when the process has ended, a third finds none", async () => {
    await using server = await start();
    const { reply, release } = await hold(server);
    const stops = [pounce(server, "stop"), pounce(server, "stop")];
    await server.waitForLog("stopping gracefully");
    expect(await pounce(server, "status")).toMatchObject({ code: 0 });
    setTimeout(release, 3000);
    for (const stop of stops) {
      expect(await stop).toMatchObject({ code: 0, stderr: "" });
      expect(server.isRunning()).toBe(false);
    }
    expect(await reply).toMatchObject({ status: 200 });
    expect(server.logs.matching("stopping gracefully")).toHaveLength(1);
    expect(await pounce(server, "stop")).toMatchObject({ code: 4 });
  }, 60_000);

  test("is not undone: reload and scale are refused from then on", async () => {
    await using server = await start();
    const { reply, release } = await hold(server);
    const stop = pounce(server, "stop");
    await server.waitForLog("stopping gracefully");
    expect(await pounce(server, "reload")).toMatchObject({
      code: 1,
      stderr: "pounce: the reload was rejected: the server is stopping\n",
    });
    expect(await pounce(server, "scale", "4")).toMatchObject({
      code: 1,
      stderr: "pounce: the server is stopping\n",
    });
    const { stdout } = await pounce(server, "status", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ state: "stopping" });
    release();
    expect(await stop).toMatchObject({ code: 0 });
    expect(await reply).toMatchObject({ status: 200 });
  }, 60_000);
});

describe.concurrent("scale", () => {
  test("by two at once: the last one holds", async () => {
    await using server = await start();
    const replies = await Promise.all([pounce(server, "scale", "3"), pounce(server, "scale", "4")]);
    expect(replies).toMatchObject([{ code: 0 }, { code: 0 }]);
    const told = server.logs.matching("scaling to").at(-1);
    const wanted = Number(/scaling to (\d+)/.exec(told ?? "")?.[1]);
    expect(wanted).toBeOneOf([3, 4]);
    await server.untilWorkers((found) => found.length === wanted);
    const { stdout } = await pounce(server, "status", "--json");
    expect(JSON.parse(stdout).generations[0].workers).toHaveLength(wanted);
  }, 60_000);

  test("while a reload is in progress is refused, and works when that drains", async () => {
    await using server = await start();
    const { reply, release } = await hold(server);
    await server.writeApp(slowApp("v1"));
    const reload = pounce(server, "reload", "--wait", "--json");
    await server.waitForLog("importing v1");
    expect(await pounce(server, "scale", "4")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^pounce: a reload is in progress .*; scale when .*\n$/),
    });
    await server.waitForLog("Draining old workers");
    expect(await pounce(server, "scale", "3")).toMatchObject({ code: 0 });
    await server.untilWorkers((found) => ofGeneration(found, 1).length === 3);
    release();
    expect(await reload).toMatchObject({ code: 0 });
    expect(await reply).toMatchObject({ status: 200 });
    expect(server.workers()).toHaveLength(3);
  }, 60_000);
});

describe.concurrent("drain", () => {
  test("by two at once: each returns in its time, health is 503 for the longest", async () => {
    await using server = await start({ health_check_path: "/health" });
    const long = pounce(server, "drain", "--for", "5s");
    while ((await health(server)) === 200) await Bun.sleep(10);
    expect(await pounce(server, "drain", "--for", "500ms")).toMatchObject({ code: 0 });
    expect(await health(server)).toBe(503);
    expect(await long).toMatchObject({ code: 0 });
    expect(await health(server)).toBe(200);
  }, 60_000);

  test("during a reload holds for the new generation too", async () => {
    await using server = await start({ health_check_path: "/health" });
    await server.writeApp(slowApp("v1", 500));
    const reload = pounce(server, "reload");
    await server.waitForLog("importing v1");
    const drain = pounce(server, "drain", "--for", "5s");
    expect(await reload).toMatchObject({ code: 0 });
    expect(await health(server)).toBe(503);
    expect(await versionsServed(server)).toEqual(["v1"]);
    expect(await drain).toMatchObject({ code: 0 });
    expect(await health(server)).toBe(200);
  }, 60_000);

  test("that a stop cuts short says that the server went away, and holds up nothing", async () => {
    await using server = await start({ health_check_path: "/health" });
    const drain = pounce(server, "drain", "--for", "1h");
    while ((await health(server)) === 200) await Bun.sleep(10);
    expect(await pounce(server, "stop")).toMatchObject({ code: 0 });
    const { code, stderr } = await drain;
    expect({ code, lines: stderr.split("\n").length }).toEqual({ code: 4, lines: 2 });
    expect(stderr).toStartWith("pounce: The server went away: /");
  }, 60_000);
});

test("status answers in the middle of a reload, and names both generations", async () => {
  await using server = await start();
  await server.writeApp(slowApp("v1"));
  const reload = pounce(server, "reload");
  await server.waitForLog("importing v1");
  const { code, stdout } = await pounce(server, "status", "--json");
  expect(code).toBe(0);
  const roles = JSON.parse(stdout).generations.map(({ role }: { role: string }) => role);
  expect(roles).toEqual(["serving", "starting"]);
  expect(await reload).toMatchObject({ code: 0 });
}, 60_000);

for (const [command, ...argv] of [
  ["reload", "--wait"],
  ["drain", "--for", "1h"],
]) {
  test(`${command} whose server dies says so on one line, with exit code 4`, async () => {
    await using server = await start({ health_check_path: "/health" });
    await server.writeApp(slowApp("v1", 10_000));
    const asked = pounce(server, `${command}`, ...argv);
    if (command === "reload") await server.waitForLog("importing v1");
    else while ((await ask(server, "/health")).status === 200) await Bun.sleep(10);
    server.signal("SIGKILL");
    const { code, stdout, stderr } = await asked;
    expect({ code, stdout, lines: stderr.split("\n").length }).toEqual({
      code: 4,
      stdout: "",
      lines: 2,
    });
    expect(stderr).toStartWith("pounce: The server went away: /");
  }, 60_000);
}

test("a stop whose server is killed has what it wanted", async () => {
  await using server = await start();
  const { reply } = await hold(server, 5000);
  reply.catch(() => undefined);
  const stop = pounce(server, "stop");
  await server.waitForLog("stopping gracefully");
  // Answered after the stop is: so that has had its own answer by then.
  expect((await pounce(server, "status")).code).toBe(0);
  server.signal("SIGKILL");
  expect(await stop).toMatchObject({ code: 0 });
}, 60_000);
