// The log as an operator configures it: formats, levels, a file that is moved away and opened anew.
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { honoApp } from "../helpers/fixtures.ts";
import { ask } from "../helpers/requests.ts";
import {
  runPounce,
  type ServerProcess,
  spawnPounce,
  startPounce,
  stopAllServers,
  tomlOf,
} from "../helpers/server.ts";

afterAll(stopAllServers);

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TIMESTAMPED = /^\d{4}-\d\d-\d\dT[\d:.]{12}Z \[[A-Z]+\] /;

/** Throws at /throw, and leaves it to pounce to tell of that, which a Hono app does itself. */
const APP = `
export default {
  fetch(request) {
    if (new URL(request.url).pathname === "/throw") throw new Error("thrown by the app");
    return new Response("hello from v0");
  },
};
`;

/** The lines of a file in the server's folder. */
function linesOf(server: ServerProcess, name: string): string[] {
  const text = readFileSync(join(server.dir, name), "utf8");
  expect(text).toEndWith("\n");
  return text.trimEnd().split("\n");
}

/** Waits until the file has a line like this, since a file tells nobody that it has grown. */
async function untilInFile(server: ServerProcess, name: string, pattern: RegExp): Promise<void> {
  const deadline = performance.now() + 15_000;
  const hasIt = async (): Promise<boolean> => {
    const file = Bun.file(join(server.dir, name));
    return (await file.exists()) && pattern.test(await file.text());
  };
  while (!(await hasIt())) {
    if (performance.now() > deadline) throw new Error(`no ${pattern} in ${name}`);
    await Bun.sleep(20);
  }
}

/**
 * A server whose log is pounce.log in its folder, on which nothing on a stream can be waited for.
 */
async function withLogFile(log: object = {}): Promise<ServerProcess> {
  const server = await spawnPounce({ app: APP, config: { log: { file: "pounce.log", ...log } } });
  await untilInFile(server, "pounce.log", /Listening on/);
  server.port = Number(
    /Listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(
      readFileSync(join(server.dir, "pounce.log"), "utf8"),
    )?.[1],
  );
  return server;
}

describe.concurrent("the log:", () => {
  test("JSON is one object a line, from the first line to the last", async () => {
    await using server = await startPounce({ app: APP, config: { log: { format: "json" } } });
    server.hup();
    await server.waitForLog("Graceful reload complete");
    await ask(server, "/throw");
    await server.waitForLog('"event":"app-threw"');
    await server.stop();
    const entries = server.logs.lines.map(({ text, stream }) => ({ ...JSON.parse(text), stream }));
    for (const { time, stream, level } of entries) {
      expect(time).toMatch(RFC_3339);
      expect(stream).toBe(level === "info" ? "stdout" : "stderr");
    }
    const named = (event: string) => entries.find((entry) => entry.event === event);
    expect(named("listening")).toMatchObject({
      level: "info",
      msg: `Listening on http://127.0.0.1:${server.port}`,
      address: `127.0.0.1:${server.port}`,
    });
    expect(named("worker-idle")).toMatchObject({ generation: 0, worker: expect.any(Number) });
    expect(named("reload-complete")).toMatchObject({
      msg: "Graceful reload complete. Running 2 worker(s) on generation 1",
      generation: 1,
      workers: 2,
    });
    expect(named("app-threw")).toMatchObject({
      level: "error",
      msg: expect.stringContaining("thrown by the app"),
      generation: 1,
    });
    expect(named("stopped")).toMatchObject({ msg: "Stopped" });
  }, 60_000);

  test("a level leaves out what is below it, and debug has the workers' lives", async () => {
    await using server = await startPounce({ args: ["--log-level", "debug"] });
    const [worker] = server.workers();
    expect(
      server.logs.matching(`[DEBUG] Worker 0 (generation 0) spawned as process ${worker?.pid}`),
    ).toHaveLength(1);
    expect(server.logs.matching("[DEBUG] Worker 1 (generation 0) is ready")).toHaveLength(1);
    const result = await runPounce({ args: ["--log-level", "error"], app: "syntax error here" });
    expect(result.lines.every((line) => !line.startsWith("[INFO]"))).toBe(true);
    expect(result.stdout).toBe("");
    expect(result.code).toBe(1);
  }, 60_000);

  test("a start that fails says in which file the reason is", async () => {
    const config = { log: { file: "server.log" } };
    const { code, stderr } = await runPounce({ config, app: "throw new Error('why');" });
    expect(code).toBe(1);
    expect(stderr).toMatch(/the server has failed: .*server\.log says why/);
    expect(stderr).not.toContain("Error: why");
  }, 60_000);

  test("a file has everything, with timestamps, and the streams nothing", async () => {
    await using server = await withLogFile();
    await ask(server, "/throw");
    await untilInFile(server, "pounce.log", /the app threw/);
    await server.stop();
    const lines = linesOf(server, "pounce.log");
    expect(lines[0]).toMatch(TIMESTAMPED);
    expect(lines.at(-1)).toEndWith("[INFO] Stopped");
    expect(server.logs.lines).toEqual([]);
  }, 60_000);

  test("USR1 reopens the file, in the master and in each worker", async () => {
    await using server = await withLogFile();
    renameSync(join(server.dir, "pounce.log"), join(server.dir, "pounce.log.1"));
    server.signal("SIGUSR1");
    await untilInFile(server, "pounce.log", /Received SIGUSR1 — reopened/);
    // Connections go to any worker: with this many, each has had one.
    for (let count = 0; count < 40; count += 1) await ask(server, "/throw");
    await server.stop();
    const threw = linesOf(server, "pounce.log").filter((line) => line.includes("the app threw"));
    expect(new Set(threw.map((line) => /Worker \d+/.exec(line)?.[0])).size).toBe(2);
    expect(threw).toHaveLength(40);
    expect(linesOf(server, "pounce.log.1").join("\n")).not.toContain("the app threw");
  }, 60_000);

  test("USR1 has no effect without a file, nor on a worker", async () => {
    await using server = await startPounce();
    const before = server.workers();
    for (const { pid } of before) process.kill(pid, "SIGUSR1");
    server.signal("SIGUSR1");
    await server.waitForLog(
      "[WARN] Received SIGUSR1 — log.file is not set; only an access log is reopened",
    );
    expect((await ask(server, "/")).text).toBe("hello from v0");
    expect(server.workers()).toEqual(before);
  }, 60_000);

  test("lines of several workers are whole and all there", async () => {
    await using server = await withLogFile({ format: "json" });
    await Promise.all(Array.from({ length: 300 }, () => ask(server, "/throw")));
    await server.stop();
    const entries = linesOf(server, "pounce.log").map((line) => JSON.parse(line));
    const threw = entries.filter(({ event }) => event === "app-threw");
    expect(threw).toHaveLength(300);
    expect(new Set(threw.map(({ worker }) => worker)).size).toBe(2);
  }, 60_000);

  test("a file that cannot be opened ends the start with its path and the reason", async () => {
    const config = { log: { file: "no/such/folder.log" } };
    const { code, stdout, stderr } = await runPounce({ config });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^pounce: log\.file: cannot open \/\S*\/no\/such\/folder\.log: ENOENT: no such file or directory; create the folder \/\S*\/no\/such$/,
    );
  }, 60_000);

  test("a reload reads the settings again, once the new generation serves", async () => {
    await using server = await startPounce({ app: APP });
    await server.write("pounce.toml", tomlOf({ log: { file: "new.log", format: "json" } }));
    server.hup();
    await untilInFile(server, "new.log", /Graceful reload complete/);
    expect(server.logs.matching("[INFO] Spawning 2 new worker(s)")).toHaveLength(1);
    expect(server.logs.matching("Graceful reload complete")).toEqual([]);
    await ask(server, "/throw");
    await untilInFile(server, "new.log", /"event":"app-threw"/);
    for (const line of linesOf(server, "new.log")) expect(JSON.parse(line)).toHaveProperty("event");
  }, 60_000);

  test("a reload to a file that cannot be opened fails, and the log stays where it was", async () => {
    await using server = await startPounce();
    await server.writeApp(honoApp("v1"));
    await server.write("pounce.toml", tomlOf({ log: { file: "no/such.log" } }));
    const lines = await server.reloadThatFails();
    expect(lines.join("\n")).toMatch(/\[ERROR\] log\.file: cannot open \S*\/no\/such\.log: ENOENT/);
    expect(lines.at(-1)).toBe("[ERROR] Reload failed — continuing with previous version");
    expect((await ask(server, "/")).text).toBe("hello from v0");
  }, 60_000);

  test("a reload that fails leaves the log where it was", async () => {
    await using server = await startPounce();
    await server.writeApp("syntax error here");
    await server.write("pounce.toml", tomlOf({ log: { file: "new.log" } }));
    await server.reloadThatFails();
    expect(readFileSync(join(server.dir, "new.log"), "utf8")).toBe("");
  }, 60_000);
});
