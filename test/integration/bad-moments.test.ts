// One bad moment, and then everything works again: descriptors that run out, output that nobody
// reads, a disk that is full, clients of the master that are slow, a socket that does not answer.
import { afterAll, expect, test } from "bun:test";
import { dlopen } from "bun:ffi";
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { RawSocket } from "../../src/prove/load/raw-socket.ts";
import { ask, exchange } from "../helpers/requests.ts";
import {
  pounce,
  pounceBinary,
  type ServerProcess,
  spawnPounce,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { freePort } from "../helpers/ports.ts";

afterAll(stopAllServers);

const APP = `export default { fetch: () => new Response("fine") };`;
const RLIMIT_NOFILE = 7;

/** Sets how many descriptors a process may have. */
function limitDescriptors(pid: number, most: number): void {
  const { symbols } = dlopen("libc.so.6", {
    prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
  });
  const limits = new BigUint64Array([BigInt(most), 20_000n]);
  if (symbols.prlimit(pid, RLIMIT_NOFILE, limits, null) !== 0) throw new Error("prlimit failed");
}

/** The limit that leaves a process so many free descriptors. */
function limitFor(pid: number, free: number): number {
  const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let left = free; left > 0 || used.has(limit); limit++) if (!used.has(limit)) left--;
  return limit;
}

const lines = (server: ServerProcess, pattern: RegExp) =>
  server.logs.messages().filter((line) => pattern.test(line));

test.concurrent(
  "few descriptors reject a reload and hold up a respawn, until there are more",
  async () => {
    await using server = await startPounce({ app: APP });
    limitDescriptors(server.pid, limitFor(server.pid, 1));
    const failed = (await server.reloadThatFails()).join("\n");
    expect(failed).toMatch(/EMFILE.*, the limit on open files is \d+ .*ulimit -n, or LimitNOFILE=/);
    const [worker] = await server.workers();
    process.kill(worker?.pid ?? 0, "SIGKILL");
    await server.waitForLog(/Worker \d+ \(generation 0\) .* could not be spawned: EMFILE/);
    expect(await ask(server, "/")).toMatchObject({ status: 200 });
    limitDescriptors(server.pid, 20_000);
    while ((await server.workers()).length < 2) await Bun.sleep(20);
    await server.reload();
  },
  60_000,
);

/** A server whose stdout is a pipe that nobody reads, and the end of it that can be read. */
async function startUnread(log: Record<string, unknown>): Promise<[ServerProcess, number]> {
  const config = { app: "./app.ts", log: { file: "pounce.log", ...log } };
  const server = await spawnPounce({
    app: APP,
    config,
    // The shell's own descriptor keeps the pipe open.
    command: () => "/bin/sh",
    argv: [
      "-c",
      'mkfifo out && exec 9<>out && exec "$0" --config pounce.toml >out',
      pounceBinary(),
    ],
  });
  const log_ = join(server.dir, "pounce.log");
  let text = "";
  while (!text.includes("Listening on http")) {
    await Bun.sleep(10);
    text = await Bun.file(log_)
      .text()
      .catch(() => "");
  }
  server.port = Number(/Listening on http:\/\/[^:]+:(\d+)/.exec(text)?.[1]);
  return [server, openSync(join(server.dir, "out"), "r+")];
}

test.concurrent(
  "an access log on a pipe that nobody reads holds up no answer, and is whole when it is read",
  async () => {
    const [server, pipe] = await startUnread({ access: "stdout" });
    await using _ = server;
    const path = `/${"x".repeat(400)}`;
    for (let n = 0; n < 500; n++) expect(await ask(server, path)).toMatchObject({ status: 200 });
    server.hup();
    const log = join(server.dir, "pounce.log");
    while (!readFileSync(log, "utf8").includes("Graceful reload complete")) {
      expect(await ask(server, path)).toMatchObject({ status: 200 });
      await Bun.sleep(20);
    }
    const buffer = Buffer.alloc(1 << 20);
    let text = "";
    // Of the generation that has ended, what the pipe did not take is gone.
    while (!/\n.* 200 4\n$/.test(text)) {
      text += buffer.toString("latin1", 0, readSync(pipe, buffer));
      if (text.length > 60_000) break;
    }
    closeSync(pipe);
    const whole = /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/x{400} HTTP\/1\.1" 200 4$/;
    expect(
      text
        .split("\n")
        .slice(0, -1)
        .every((line) => whole.test(line)),
    ).toBe(true);
  },
  60_000,
);

test.concurrent(
  "a full disk holds up nothing, each process tells of it once, and lines that are lost are counted",
  async () => {
    const log = { file: "/dev/full", access: "/dev/full" };
    await using server = await startPounce({ app: APP, config: { log } });
    for (let n = 0; n < 50; n++) expect(await ask(server, "/")).toMatchObject({ status: 200 });
    // The master has something to log; each of the two workers has when lines of its access log are
    // lost.
    const told = lines(server, /Cannot write \/dev\/full: ENOSPC/).length;
    expect(told).toBeWithin(1, 4);
    await server.reload();
    const lost = lines(server, /access log line\(s\) were lost/).map((line) =>
      Number(/ (\d+) access log line/.exec(line)?.[1]),
    );
    expect(lost.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  },
  60_000,
);

test.concurrent(
  "silent clients of the master keep it neither busy nor from a reload, a respawn or a command",
  async () => {
    await using server = await spawnPounce({
      app: APP,
      config: { app: "./app.ts", workers: 1, metrics: { port: freePort() } },
      command: () => "/bin/bash",
      argv: ["-c", 'ulimit -n 64; exec "$0" --config pounce.toml', pounceBinary()],
    });
    await server.untilListening();
    const socket = join(
      server.dir,
      readdirSync(server.dir).find((it) => it.endsWith(".sock")) ?? "",
    );
    const port = metricsPort(server);
    const silent: { terminate(): void }[] = [];
    const nothing = { data: () => undefined };
    // Whoever has come first makes room for others, and may be gone before it knows that it was
    // there.
    const gone = { terminate: () => undefined };
    for (let n = 0; n < 100; n++) {
      const byPort = Bun.connect({ hostname: "127.0.0.1", port, socket: nothing });
      silent.push(await byPort.catch(() => gone));
      silent.push(await Bun.connect({ unix: socket, socket: nothing }).catch(() => gone));
    }
    const before = cpuTicks(server.pid);
    await server.reload();
    const [worker] = await server.workers();
    process.kill(worker?.pid ?? 0, "SIGKILL");
    while ((await server.workers()).every(({ pid }) => pid === worker?.pid)) await Bun.sleep(10);
    expect((await pounce(server, "status")).code).toBe(0);
    expect(cpuTicks(server.pid) - before).toBeLessThan(100);
    using scraper = await RawSocket.connect("127.0.0.1", port);
    expect(await exchange(scraper, { path: "/metrics" })).toMatchObject({ status: 200 });
    for (const one of silent) one.terminate();
  },
  60_000,
);

function metricsPort({ dir }: ServerProcess): number {
  return Number(
    /\[metrics\]\s+port = (\d+)/.exec(readFileSync(join(dir, "pounce.toml"), "utf8"))?.[1],
  );
}

/** CPU time that a process has used, in hundredths of a second. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

test.concurrent(
  "a control socket that does not answer holds up neither start nor stop",
  async () => {
    let silent: { stop(): void } | undefined;
    await using server = await startPounce({
      app: APP,
      config: { control_socket: "silent.sock" },
      prepare: async (dir) => {
        silent = Bun.listen({ unix: join(dir, "silent.sock"), socket: { data: () => undefined } });
      },
    });
    expect(await ask(server, "/")).toMatchObject({ status: 200 });
    await server.reload();
    await server.waitForLog(/No control socket: .*silent\.sock is in use/, { timeoutMs: 10_000 });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    silent?.stop();
  },
  60_000,
);
