// `startup(ctx)` is awaited before a worker listens; `shutdown(ctx)` is called when its drain
// begins, and awaited.
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { fixture } from "../helpers/fixtures.ts";
import { ask } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

interface Note {
  hook: string;
  version: string;
  generation: number;
  worker: number;
  reason: string;
  inMs: number;
  aborted: boolean;
}

const config = { workers: 2, reload_timeout: 10, shutdown_timeout: 20 };

async function notes(server: ServerProcess, hook: string): Promise<Note[]> {
  const text = await Bun.file(join(server.dir, "lifecycle.log")).text();
  const all: Note[] = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return all.filter((note) => note.hook === hook).toSorted((a, b) => a.worker - b.worker);
}

describe.concurrent("hooks:", () => {
  test("startup is awaited before the first request, in each worker", async () => {
    await using server = await startPounce({ config, app: fixture("lifecycle") });
    expect(await notes(server, "startup")).toMatchObject([
      { generation: 0, worker: 0 },
      { generation: 0, worker: 1 },
    ]);
    for (let count = 0; count < 10; count += 1) {
      expect((await ask(server, "/")).text).toMatch(/^started v0 in worker [01]$/);
    }
  }, 60_000);

  test("shutdown is called at a reload with its reason and deadline, and awaited", async () => {
    await using server = await startPounce({ config, app: fixture("lifecycle") });
    await server.writeApp(fixture("lifecycle", "v1"));
    await server.reload();
    const began = await notes(server, "shutdown");
    const common = { version: "v0", generation: 0, reason: "reload", aborted: false };
    expect(began).toMatchObject([
      { ...common, worker: 0 },
      { ...common, worker: 1 },
    ]);
    for (const { inMs } of began) {
      expect(inMs).toBeGreaterThan(5_000);
      expect(inMs).toBeLessThanOrEqual(10_000);
    }
    expect(await notes(server, "shutdown ended")).toHaveLength(2);
    expect((await ask(server, "/")).text).toMatch(/^started v1 in worker [23]$/);
  }, 60_000);

  test("shutdown is called when the drain begins: requests in flight go on", async () => {
    await using server = await startPounce({ config, app: fixture("lifecycle") });
    const reply = ask(server, "/?ms=2000");
    await ask(server, "/?ms=200");
    await server.steer();
    await untilNoted(server, "shutdown ended", 1);
    expect((await reply).status).toBe(200);
  }, 60_000);

  test("shutdown is called at a stop, with that reason", async () => {
    await using server = await startPounce({ config, app: fixture("lifecycle") });
    const path = join(server.dir, "lifecycle.log");
    const { reason, deadlineMs } = await stopAndRead(server, path);
    expect(reason).toEqual(["stop", "stop"]);
    expect(Math.min(...deadlineMs)).toBeGreaterThan(15_000);
  }, 60_000);
});

async function stopAndRead(server: ServerProcess, path: string) {
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(await Bun.file(path).exists()).toBe(true);
  const began = await notes(server, "shutdown");
  expect(await notes(server, "shutdown ended")).toHaveLength(2);
  return { reason: began.map((it) => it.reason), deadlineMs: began.map((it) => it.inMs) };
}

async function untilNoted(server: ServerProcess, hook: string, count: number): Promise<void> {
  while ((await notes(server, hook)).length < count) await Bun.sleep(10);
}
