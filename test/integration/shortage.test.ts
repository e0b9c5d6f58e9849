// File descriptors run out: nothing stops for good, everybody is served in the end, and the log
// says it once.
import { readFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import {
  pounceBinary,
  startPounce,
  stopAllServers,
  type ServerProcess,
} from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const APP = `
export default { routes: { "/static": new Response("ok") }, fetch: () => new Response("ok") };
`;
const SHORT = /^\[WARN\] Worker 0 \(generation 0\): \d+ of 64 file descriptors are in use/;

/** A server whose processes may have few descriptors. */
function startLimited(config: Record<string, unknown>): Promise<ServerProcess> {
  return startPounce({
    app: APP,
    config: { workers: 1, ...config },
    command: (dir) => join(dir, "limited"),
    prepare: async (dir) => {
      const script = join(dir, "limited");
      await Bun.write(script, `#!/bin/sh\nulimit -n 64\nexec '${pounceBinary()}' "$@"\n`);
      await chmod(script, 0o755);
    },
  });
}

/** Clients that connect, ask at once, and keep the connection. */
function clients(server: ServerProcess, count: number): Promise<Wire[]> {
  const to = { host: "127.0.0.1", port: server.port };
  return Promise.all(Array.from({ length: count }, async () => (await Wire.open(to)).get("/")));
}

const isAnswered = ({ text }: Wire): boolean => text.endsWith("ok");

/** The processor time that a process has had, in milliseconds. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

test.concurrent(
  "more clients than descriptors: idle ones are closed in time, the others are served then, at little cost",
  async () => {
    await using server = await startLimited({ keep_alive_timeout: 3 });
    const [worker] = server.workers();
    const all = await clients(server, 100);
    await server.waitForLog(SHORT);
    const before = cpuMs(worker?.pid ?? 0);
    await Bun.sleep(1_000);
    // Bun by itself would try to accept all the time.
    expect(cpuMs(worker?.pid ?? 0) - before).toBeLessThan(300);
    expect(all.filter(isAnswered).length).toBeGreaterThan(10);
    expect(all.filter(isAnswered).length).toBeLessThan(64);
    await Promise.all(all.map((wire) => wire.until(isAnswered, 20_000)));
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual(all.map(() => "eof"));
    expect(server.logs.messages().filter((line) => SHORT.test(line))).toHaveLength(1);
  },
  90_000,
);

test.concurrent(
  "a reload in that moment ends, as soon as its clients have gone, and loses none of those that wait",
  async () => {
    await using server = await startLimited({ keep_alive_timeout: 60, reload_timeout: 20 });
    const all = await clients(server, 100);
    await server.waitForLog(SHORT);
    const { after } = await server.steer();
    const served = all.filter(isAnswered);
    for (const wire of served) wire.socket.destroy();
    const waiting = all.filter((wire) => !served.includes(wire));
    expect(waiting.length).toBeGreaterThan(30);
    for (const wire of waiting) {
      void wire.until(isAnswered).then(() => wire.socket.destroy());
    }
    const receipt = await server.waitForLog(/Receipt .*"generation":1/, { after });
    expect(receipt).toContain('"connections":{"idle_closed":0,"forced":0}');
    expect(waiting.filter((wire) => !isAnswered(wire))).toEqual([]);
  },
  90_000,
);

/**
 * Asks again and again, on new connections when it is told to. Resolves with how often it was
 * answered.
 */
async function keepAsking(server: ServerProcess, path: string, isOver: () => boolean) {
  let answers = 0;
  for (let wire: Wire | undefined; !isOver();) {
    wire ??= await Wire.open({ host: "127.0.0.1", port: server.port });
    const before = wire.length;
    await wire.get(path).until(({ length }) => length > before, 20_000);
    if (wire.length === before) throw new Error(`${path} was cut after ${answers} answers`);
    answers++;
    await Bun.sleep(20);
    if (!/connection: close/i.test(wire.text.slice(before))) continue;
    wire.socket.destroy();
    wire = undefined;
  }
  return answers;
}

test.concurrent(
  "a reload in that moment loses nothing of clients that keep asking, for what Bun serves by itself too",
  async () => {
    await using server = await startLimited({ keep_alive_timeout: 1, reload_timeout: 20 });
    let isOver = false;
    const paths = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? "/static" : "/"));
    const asking = paths.map((path) => keepAsking(server, path, () => isOver));
    await server.waitForLog(SHORT);
    const { after } = await server.steer();
    const receipt = await server.waitForLog(/Receipt .*"generation":1/, { after });
    isOver = true;
    expect(Math.min(...(await Promise.all(asking)))).toBeGreaterThan(0);
    expect(receipt).toContain('"forced":0,"forced_requests":[]');
    expect(server.logs.text()).not.toContain("exited unexpectedly");
  },
  90_000,
);

test.concurrent(
  "a stop in that moment ends in the same way",
  async () => {
    await using server = await startLimited({ keep_alive_timeout: 2, shutdown_timeout: 20 });
    const all = await clients(server, 100);
    await server.waitForLog(SHORT);
    const exit = server.stop();
    await Promise.all(all.map((wire) => wire.until(isAnswered, 20_000)));
    expect(await exit).toMatchObject({ code: 0 });
    expect(server.logs.text()).not.toContain("forcing");
  },
  90_000,
);

test.concurrent(
  "a worker may have as many descriptors as its hard limit says (Bun raises the soft one)",
  async () => {
    await using server = await startPounce({
      app: APP,
      config: { workers: 1 },
      command: (dir) => join(dir, "soft"),
      prepare: async (dir) => {
        const script = join(dir, "soft");
        const text = `#!/bin/sh\nulimit -Sn 300\nexec '${pounceBinary()}' "$@"\n`;
        await Bun.write(script, text);
        await chmod(script, 0o755);
      },
    });
    const [worker] = server.workers();
    const limits = readFileSync(`/proc/${worker?.pid}/limits`, "latin1");
    const [, soft, hard] = /Max open files +(\d+) +(\d+)/.exec(limits) ?? [];
    expect(Number(soft)).toBeGreaterThan(300);
    expect(soft).toBe(hard);
  },
  60_000,
);
