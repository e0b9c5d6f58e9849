// What a reload does to many WebSockets that move to the new version: how long until all have
// moved, how long a client hears nothing, whether a message is lost, repeated or out of order, and
// what they cost afterwards, beside those that were opened there.
//
// bun scripts/websocket-carry.ts [--clients 10000] [--workers 2] [--each-ms 1000] [EXECUTABLE]
//
// Half of the clients talk, each once in `--each-ms`; the others are idle, and are asked in the
// end. All run in this process. Load goes to 127.0.0.1.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: "string", default: "10000" },
    workers: { type: "string", default: "2" },
    "each-ms": { type: "string", default: "1000" },
  },
});
const COUNT = Number(values.clients);
const EACH_MS = Number(values["each-ms"]);
const SETTLE_MS = 2000;
const ECHO_MS = 1000;
const ECHO_ROUNDS = 5;
const ECHO_CLIENTS = 32;

const APP = `export default {
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response("ok"),
  websocket: { message: (socket, text) => void socket.send(text) },
};`;

const MASK = [1, 2, 3, 4];

/** A text frame of a client. */
function frameOf(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const masked = bytes.map((byte, at) => byte ^ (MASK[at & 3] as number));
  return Uint8Array.from([0x81, 0x80 | bytes.length, ...MASK, ...masked]);
}

const HANDSHAKE =
  "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** Sends numbers, and expects each of them back, in order. */
class Client {
  sent = 0;
  got = 0;
  wrong = 0;
  isClosed = false;
  /** Between a number and its echo, since the last reset. */
  longestMs = 0;
  onEcho: (() => void) | undefined;
  readonly #sentMs: number[] = [];
  #head: ((value: unknown) => void) | undefined;
  #bytes = Buffer.alloc(0);
  #socket: Bun.Socket | undefined;

  async open(port: number): Promise<void> {
    const opened = new Promise((done) => (this.#head = done));
    this.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_socket, bytes) => this.#take(bytes),
        close: () => void (this.isClosed = true),
        error: () => void (this.isClosed = true),
      },
    });
    this.#socket.write(HANDSHAKE);
    await opened;
  }

  send(): void {
    this.#sentMs.push(performance.now());
    this.#socket?.write(frameOf(String(this.sent++)));
  }

  close(): void {
    this.#socket?.terminate();
  }

  #take(bytes: Buffer): void {
    this.#bytes =
      this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
    if (this.#head !== undefined) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#head(undefined);
      this.#head = undefined;
    }
    for (;;) {
      const length = this.#bytes[1];
      if (length === undefined || this.#bytes.length < 2 + length) return;
      const text = this.#bytes.toString("latin1", 2, 2 + length);
      this.#bytes = this.#bytes.subarray(2 + length);
      if (text !== String(this.got++)) this.wrong++;
      this.longestMs = Math.max(this.longestMs, performance.now() - (this.#sentMs.shift() ?? 0));
      this.onEcho?.();
    }
  }
}

async function openAll(port: number, count: number): Promise<Client[]> {
  const clients = Array.from({ length: count }, () => new Client());
  for (let from = 0; from < count; from += 100) {
    await Promise.all(clients.slice(from, from + 100).map((client) => client.open(port)));
  }
  return clients;
}

/** How many echoes a second some clients get that send on as soon as they hear. */
async function echoes(clients: readonly Client[]): Promise<number> {
  let [count, isOver] = [0, false];
  for (const client of clients) {
    client.onEcho = () => {
      count++;
      if (!isOver) client.send();
    };
    client.send();
  }
  const beganMs = performance.now();
  await Bun.sleep(ECHO_MS);
  isOver = true;
  const perSecond = (1000 * count) / (performance.now() - beganMs);
  await Bun.sleep(50);
  for (const client of clients) client.onEcho = undefined;
  return perSecond;
}

async function memoryOf(master: number): Promise<number> {
  const children = await Bun.file(`/proc/${master}/task/${master}/children`).text();
  let kib = 0;
  for (const pid of children.trim().split(" ")) {
    const rollup = await Bun.file(`/proc/${pid}/smaps_rollup`).text();
    kib += Number(/^Pss: +(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return kib / 1024;
}

function part(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const executable = resolve(positionals[0] ?? "dist/pounce");
const folder = await mkdtemp(join(tmpdir(), "websocket-carry-"));
await Bun.write(join(folder, "app.ts"), APP);
const config = `app = "./app.ts"
port = 0
workers = ${values.workers}
[websocket]
on_reload = "carry"
`;
await Bun.write(join(folder, "pounce.toml"), config);
const server = Bun.spawn([executable, "--config", join(folder, "pounce.toml")], {
  stdout: "pipe",
  stderr: "inherit",
});
let log = "";
const reader = (async () => {
  for await (const chunk of server.stdout) log += Buffer.from(chunk).toString();
})();

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(5);
}

try {
  await until(() => /Listening on \S+:\d+/.test(log));
  const port = Number(/Listening on \S+:(\d+)/.exec(log)?.[1]);
  const clients = await openAll(port, COUNT);
  const talkers = clients.filter((_, at) => at % 2 === 0);
  const idle = clients.filter((_, at) => at % 2 === 1);
  const timers = talkers.map((client, at) =>
    setTimeout(
      () => timers.push(setInterval(() => client.send(), EACH_MS)),
      (EACH_MS * at) / talkers.length,
    ),
  );
  await Bun.sleep(SETTLE_MS);
  const memoryBefore = await memoryOf(server.pid);
  for (const client of talkers) client.longestMs = 0;
  const beganMs = performance.now();
  server.kill("SIGHUP");
  const told = (): number[] =>
    [...log.matchAll(/: (\d+) WebSocket\(s\) moved/g)].map(([, count]) => Number(count));
  await until(() => told().reduce((a, b) => a + b, 0) >= COUNT || log.includes("reload complete"));
  const movedMs = performance.now() - beganMs;
  await until(() => log.includes("reload complete"));
  await Bun.sleep(EACH_MS + SETTLE_MS);
  for (const timer of timers) clearInterval(timer);
  const silences = talkers.map(({ longestMs }) => longestMs).toSorted((a, b) => a - b);
  for (const client of idle) client.send();
  await Bun.sleep(SETTLE_MS);
  const memoryAfter = await memoryOf(server.pid);
  const sum = (of: (client: Client) => number): number =>
    clients.reduce((total, client) => total + of(client), 0);
  console.log(`carried: ${told().join(" + ")} of ${COUNT}, ${movedMs.toFixed(0)} ms after SIGHUP`);
  console.log(
    `messages: ${sum(({ sent }) => sent)} sent, ${sum(({ sent, got }) => sent - got)} lost`,
  );
  console.log(`repeated or out of order: ${sum(({ wrong }) => wrong)}`);
  console.log(`closed: ${sum(({ isClosed }) => Number(isClosed))}`);
  const [middle, most] = [part(silences, 0.5), part(silences, 0.99)].map((ms) => ms.toFixed(0));
  const longest = silences.at(-1)?.toFixed(0);
  console.log(`longest wait for an echo: median ${middle} ms, p99 ${most} ms, most ${longest} ms`);
  console.log(
    `memory of the workers: ${memoryBefore.toFixed(0)} MB, then ${memoryAfter.toFixed(0)} MB`,
  );
  const carried = talkers.slice(0, ECHO_CLIENTS);
  const fresh = await openAll(port, ECHO_CLIENTS);
  const ratios: number[] = [];
  for (let round = 0; round < ECHO_ROUNDS; round++) {
    const first = round % 2 === 0 ? carried : fresh;
    const one = await echoes(first);
    const two = await echoes(first === carried ? fresh : carried);
    ratios.push(first === carried ? one / two : two / one);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  console.log(`echoes a second, carried to fresh: ${sorted.map((it) => it.toFixed(2)).join(" ")}`);
} finally {
  server.kill("SIGTERM");
  await Promise.all([server.exited, reader]);
  if (process.env["SHOW_LOG"] !== undefined) console.log(log);
  await rm(folder, { recursive: true });
}
process.exit(0);
