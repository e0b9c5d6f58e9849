// What a reload does to many WebSockets: how many clients come back in each 100 ms, how long until
// all are back, and how slow requests are meanwhile.
//
// bun scripts/websocket-reload.ts [--clients 2000] [--rounds 3] [--session-ms 1] EXECUTABLE...
//
// Each round starts every executable anew, one after the other. The clients wait for 100 ms after a
// close with 1012, as the manual advises, and all run in this process. `--session-ms` is what the
// app computes when a client comes. Load goes to 127.0.0.1.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
    "session-ms": { type: "string", default: "1" },
  },
});
const clients = Number(values.clients);

const APP = `export default {
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response("ok"),
  websocket: {
    open(socket) {
      const untilMs = performance.now() + ${Number(values["session-ms"])};
      while (performance.now() < untilMs);
      socket.send("hello");
    },
    message: (socket, text) => void socket.send(text),
  },
};`;
const BACK_AFTER_MS = 100;
const BUCKET_MS = 100;
const PROBE_EACH_MS = 10;

/** What the clients saw of one reload. */
interface Seen {
  /** When each had its session again, from the order to reload on, in order. */
  readonly backMs: readonly number[];
  /** How long each was without one, in order. */
  readonly awayMs: readonly number[];
  /** What requests took meanwhile, in order. */
  readonly requestMs: readonly number[];
  /** Other codes than 1012, and errors. */
  readonly odd: number;
}

/** Keeps a session with the server, until the end. */
class Client {
  static odd = 0;
  #closedMs = 0;
  #hasEnded = false;
  #socket: WebSocket | undefined;

  constructor(
    readonly url: string,
    readonly onSession: (awayMs: number) => void,
  ) {
    this.#connect();
  }

  #connect(): void {
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.addEventListener("message", () => this.onSession(performance.now() - this.#closedMs), {
      once: true,
    });
    socket.addEventListener("close", ({ code }) => {
      if (this.#hasEnded) return;
      this.#closedMs = performance.now();
      if (code !== 1012) Client.odd += 1;
      setTimeout(() => this.#connect(), code === 1012 ? BACK_AFTER_MS : 1000);
    });
  }

  end(): void {
    this.#hasEnded = true;
    this.#socket?.close();
  }
}

async function measure(executable: string): Promise<Seen> {
  const dir = await mkdtemp(join(tmpdir(), "pounce-websockets-"));
  await Bun.write(join(dir, "app.ts"), APP);
  const argv = [resolve(executable), "./app.ts", "--port", "0", "--workers", "2"];
  const server = Bun.spawn(argv, { cwd: dir, stdout: "pipe", stderr: "inherit" });
  try {
    return await seen(server.pid, await portIn(server.stdout));
  } finally {
    server.kill("SIGQUIT");
    await server.exited;
    await rm(dir, { recursive: true });
  }
}

async function portIn(stdout: ReadableStream<Uint8Array>): Promise<number> {
  const reader = stdout.getReader();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += new TextDecoder().decode(read.value);
    const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
    if (port === undefined) continue;
    // What it says later must not fill the pipe.
    void (async () => {
      while (!(await reader.read()).done);
    })();
    return Number(port);
  }
  throw new Error(`it does not listen:\n${text}`);
}

async function seen(pid: number, port: number): Promise<Seen> {
  Client.odd = 0;
  let sessions = 0;
  let reloadMs = Infinity;
  const backMs: number[] = [];
  const awayMs: number[] = [];
  const areAllThere = Promise.withResolvers<void>();
  const onSession = (away: number): void => {
    sessions += 1;
    if (sessions === clients) areAllThere.resolve();
    if (sessions <= clients) return;
    backMs.push(performance.now() - reloadMs);
    awayMs.push(away);
  };
  const url = `ws://127.0.0.1:${port}/`;
  const all = Array.from({ length: clients }, () => new Client(url, onSession));
  await areAllThere.promise;
  await Bun.sleep(500);
  reloadMs = performance.now();
  process.kill(pid, "SIGHUP");
  const requestMs: number[] = [];
  while (backMs.length < clients) {
    const startMs = performance.now();
    await (await fetch(`http://127.0.0.1:${port}/`)).text();
    requestMs.push(performance.now() - startMs);
    await Bun.sleep(PROBE_EACH_MS);
  }
  for (const client of all) client.end();
  return { backMs, awayMs: sorted(awayMs), requestMs: sorted(requestMs), odd: Client.odd };
}

function sorted(list: readonly number[]): number[] {
  return list.toSorted((a, b) => a - b);
}

function part(inOrder: readonly number[], share: number): string {
  return `${Math.round(inOrder[Math.ceil(inOrder.length * share) - 1] ?? 0)} ms`;
}

function report({ backMs, awayMs, requestMs, odd }: Seen): Record<string, string | number> {
  const first = backMs[0] ?? 0;
  const buckets = Map.groupBy(backMs, (ms) => Math.floor((ms - first) / BUCKET_MS));
  const most = Math.max(...[...buckets.values()].map((all) => all.length));
  return {
    "back in the busiest 100 ms": most,
    "first to last back": `${Math.round((backMs.at(-1) ?? 0) - first)} ms`,
    "a client away p50": part(awayMs, 0.5),
    "p99 ": part(awayMs, 0.99),
    "requests meanwhile p50": part(requestMs, 0.5),
    p99: part(requestMs, 0.99),
    max: part(requestMs, 1),
    odd,
  };
}

for (let round = 1; round <= Number(values.rounds); round += 1) {
  const rows: Record<string, object> = {};
  for (const executable of positionals) rows[executable] = report(await measure(executable));
  console.log(`round ${round}`);
  console.table(rows);
}
