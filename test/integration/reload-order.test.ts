// What a reload says and in which order, and how generations and workers are numbered.
import { afterAll, describe, expect, test } from "bun:test";
import { fixture, honoApp } from "../helpers/fixtures.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const IDLE = /^\[INFO\] Worker (\d+) \(generation 0\) is idle$/;

describe.concurrent("of reloads:", () => {
  test("a reload says what it does, word for word and in order", async () => {
    await using server = await startPounce({ config: { workers: 4 } });
    await server.writeApp(honoApp("v1"));
    const { lines } = await server.reload();
    const idle = lines.filter((line) => IDLE.test(line));
    expect(lines).toEqual([
      "[INFO] Received SIGHUP — triggering graceful reload",
      "[INFO] Successfully reimported app from ./app.ts",
      "[INFO] Spawning 4 new worker(s) (generation 1)...",
      "[INFO] New workers spawned. Draining old workers (generation 0)...",
      ...idle,
      "[INFO] Graceful reload complete. Running 4 worker(s) on generation 1",
      expect.stringMatching(/^\[INFO\] Receipt \{"generation":1,"outcome":"completed",.*\}$/),
    ]);
    expect(idle.map((line) => IDLE.exec(line)?.[1]).toSorted()).toEqual(["0", "1", "2", "3"]);
  }, 60_000);

  test("the app is quoted as it was given", async () => {
    await using server = await startPounce({ config: { app: "app" } });
    const { lines } = await server.reload();
    expect(lines).toContain("[INFO] Successfully reimported app from app");
  }, 60_000);

  test("a bad version costs one process, and its generation's number is not used again", async () => {
    await using server = await startPounce({ config: { workers: 4 } });
    await server.writeApp(fixture("broken/throws-at-import"));
    const failed = await server.reloadThatFails();
    expect(failed.filter((line) => line.includes("Spawning"))).toEqual([]);
    await server.writeApp(honoApp("v2"));
    const { generation } = await server.reload();
    expect(generation).toBe(2);
    const workers = await server.untilWorkers((found) => found.length === 4);
    expect(workers.map((worker) => worker.id)).toEqual([5, 6, 7, 8]);
  }, 60_000);

  test("information goes to stdout, warnings and errors to stderr", async () => {
    await using server = await startPounce();
    await server.writeApp(fixture("broken/throws-at-import"));
    await server.reloadThatFails();
    const of = (level: string) =>
      new Set(server.logs.lines.filter((it) => it.text.includes(level)).map((it) => it.stream));
    expect(of("[INFO]")).toEqual(new Set(["stdout"]));
    expect(of("[ERROR]")).toEqual(new Set(["stderr"]));
  }, 60_000);

  test("each line has a timestamp where the log is not a terminal", async () => {
    await using server = await startPounce();
    const line = server.logs.lines.find((it) => it.text.includes("Listening on"));
    expect(line?.text).toMatch(
      /^\d{4}-\d\d-\d\dT\S+ \[INFO\] Listening on http:\/\/127\.0\.0\.1:\d+$/,
    );
  }, 60_000);
});
