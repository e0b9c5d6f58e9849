// Workers whose event loop is blocked: others get the new connections, until it gets on. One that
// hangs is killed and replaced, and one that is only busy, or was stopped with everybody, is not.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { ask, RawSocket } from "../helpers/requests.ts";
import { requestHead } from "../../src/prove/load/http.ts";
import { pounce, type ServerProcess, startControlled, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const APP = `
  const spin = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
  export default {
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/spin") {
        console.log("spinning " + process.pid);
        spin(Number(searchParams.get("ms")));
      }
      if (pathname === "/sleep") Bun.sleepSync(60_000);
      if (pathname === "/busy") spin(1);
      return new Response(String(process.pid));
    },
  };`;

const start = (hangTimeout: string, config = {}): Promise<ServerProcess> =>
  startControlled({
    app: APP,
    config: { watchdog: { hang_timeout: hangTimeout }, control_socket: "control.sock", ...config },
  });

/** Has a worker do something that takes long. Resolves when it does. */
async function begin(server: ServerProcess, path: string): Promise<RawSocket> {
  const socket = await RawSocket.open(server.endpoint);
  socket.send(requestHead({ path }));
  return socket;
}

/** Blocks a worker; returns its pid. */
async function block(server: ServerProcess, ms: number): Promise<number> {
  await begin(server, `/spin?ms=${ms}`);
  return Number(/\d+$/.exec(await server.waitForLog("spinning"))?.[0]);
}

interface Asked {
  /** After the beginning, in milliseconds. */
  readonly afterMs: number;
  readonly tookMs: number;
  readonly pid: number;
}

/** New connections, one each 20 ms. */
async function askFor(server: ServerProcess, forMs: number): Promise<Asked[]> {
  const startMs = performance.now();
  const asked: Promise<Asked>[] = [];
  for (let afterMs = 0; afterMs < forMs; afterMs = performance.now() - startMs) {
    const askedMs = performance.now();
    const reply = ask(server);
    const told = reply.then(({ text }) => {
      return { afterMs, tookMs: performance.now() - askedMs, pid: Number(text) };
    });
    asked.push(told);
    await Bun.sleep(20);
  }
  return Promise.all(asked);
}

interface Told {
  readonly pid: number;
  readonly stalled: boolean;
}

async function workersOf(server: ServerProcess): Promise<readonly Told[]> {
  const { stdout } = await pounce(server, "status", "--json");
  return JSON.parse(stdout).generations.flatMap(({ workers }: { workers: Told[] }) => workers);
}

async function metric(server: ServerProcess, series: string): Promise<number> {
  const text = await (await fetch("http://pounce/metrics", { unix: socketOf(server) })).text();
  const line = text.split("\n").find((it) => it.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}

const socketOf = ({ dir }: ServerProcess): string => join(dir, "control.sock");

test("new connections go around a worker that is blocked, and come to it again", async () => {
  await using server = await start("30s");
  const BLOCKED_MS = 2000;
  const pid = await block(server, BLOCKED_MS);
  const asked = await askFor(server, BLOCKED_MS + 1500);
  // Within half a second nobody comes to it any more; on a busy machine that takes longer.
  const late = asked.filter(({ afterMs }) => afterMs > 1000 && afterMs < BLOCKED_MS - 100);
  expect(late.length).toBeGreaterThan(20);
  expect(Math.max(...late.map(({ tookMs }) => tookMs))).toBeLessThan(600);
  expect(late.filter((it) => it.pid === pid)).toEqual([]);
  const after = asked.filter(({ afterMs }) => afterMs > BLOCKED_MS + 600);
  expect(after.some((it) => it.pid === pid)).toBe(true);
  expect(server.workers().map((it) => it.pid)).toContain(pid);
});

test("a worker that hangs is told as stalled, then killed and replaced", async () => {
  await using server = await start("3s");
  const pid = await block(server, 600_000);
  await until("it has stalled", async () =>
    (await workersOf(server)).some((it) => it.pid === pid && it.stalled),
  );
  const line = await server.waitForLog("has made no progress");
  expect(line).toMatch(
    /\[ERROR\] Worker \d \(generation 0\) has made no progress for 3s \(watchdog.hang_timeout\) — killed, and its connections are lost: it runs/,
  );
  await server.untilWorkers((all) => all.length === 2 && all.every((it) => it.pid !== pid));
  expect(await metric(server, "pounce_worker_hangs_total")).toBe(1);
});

test("the log says what the kernel knows of a worker that waits for ever", async () => {
  await using server = await start("1s");
  using _ = await begin(server, "/sleep");
  expect(await server.waitForLog("has made no progress")).toContain(
    "it waits for something without letting its event loop turn",
  );
});

test("one that somebody has stopped is replaced, and everybody stopped is nobody's fault", async () => {
  await using server = await start("1s");
  const [first, second] = server.workers();
  if (first === undefined || second === undefined) throw new Error("workers are missing");
  const all = [server.pid, first.pid, second.pid];
  for (const pid of all) process.kill(pid, "SIGSTOP");
  await Bun.sleep(1500);
  for (const pid of all) process.kill(pid, "SIGCONT");
  await askFor(server, 1000);
  expect(server.workers().map(({ pid }) => pid)).toEqual([first.pid, second.pid]);
  process.kill(first.pid, "SIGSTOP");
  expect(await server.waitForLog("has made no progress")).toContain("it was stopped by a signal");
  await server.untilWorkers((now) => now.length === 2 && now.every((it) => it.pid !== first.pid));
});

/** New connections all the time, as many as there can be. */
const FLOOD = `
  const client = async () => {
    for (;;) await (await fetch(process.argv[1], { headers: { connection: "close" } })).text();
  };
  for (let i = 0; i < 64; i++) void client();`;
/** On an idle machine its timers are seconds late by then. */
const FLOOD_MS = 8000;

test("a flood that starves its timers does not kill a healthy worker", async () => {
  await using server = await start("1s", { workers: 1 });
  const [before] = server.workers();
  const url = `http://127.0.0.1:${server.port}/busy`;
  const flood = Bun.spawn([process.execPath, "-e", FLOOD, url], { stdio: ["ignore", "ignore", 2] });
  const untilMs = performance.now() + FLOOD_MS;
  // So late that by its timer alone it would count as hung.
  const lag = 'pounce_event_loop_lag_seconds{process="worker"}';
  await until("timers are late", async () => {
    return performance.now() > untilMs || (await metric(server, lag)) > 1.5;
  });
  flood.kill("SIGKILL");
  expect(server.workers().map(({ pid }) => pid)).toEqual([before?.pid ?? 0]);
  expect(await metric(server, "pounce_worker_hangs_total")).toBe(0);
});
