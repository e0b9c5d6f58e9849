// WebSockets that publish what their clients ask them to, and those clients.
import { expect } from "bun:test";
import type { ServerProcess } from "./server.ts";

const HANDLERS = `
  const ask = (socket, server, message) => {
    const [what, text] = JSON.parse(String(message));
    if (what === "publish") socket.publish("all", text);
    if (what === "compressed") socket.publish("all", text, true);
    if (what === "binary") socket.publish("all", Buffer.from(text));
    if (what === "server") server().publish("all", text);
  };`;

const BUN_OPTIONS = `{
    fetch: (request, it) => {
      server = it;
      return it.upgrade(request) ? undefined : new Response();
    },
    websocket: {
      perMessageDeflate: true,
      maxPayloadLength: 64 * 1024 * 1024,
      open: (socket) => {
        socket.subscribe("all");
        socket.send("pid " + process.pid);
      },
      message: (socket, message) => ask(socket, () => server, message),
    },
  }`;

/** Apps by the ways in which there can be WebSockets of Bun. */
export const PUBLISHING_APPS = [
  ["an app", `${HANDLERS} let server; export default ${BUN_OPTIONS};`],
  ["a program with Bun.serve", `${HANDLERS} let server; Bun.serve(${BUN_OPTIONS});`],
  [
    "Elysia",
    `import { Elysia } from "elysia"; ${HANDLERS}
    const app = new Elysia({ websocket: { perMessageDeflate: true } }).ws("/", {
      parse: (_, message) => message,
      open(ws) {
        ws.subscribe("all");
        ws.send("pid " + process.pid);
      },
      message: (ws, message) =>
        ask(ws.raw, () => app.server, typeof message === "string" ? message : JSON.stringify(message)),
    }).listen(3000);`,
  ],
] as const;

/** How long it may take to come to each worker. */
const LIMIT_MS = 20_000;

export interface PublishClient {
  /** The process of its worker. */
  readonly pid: number;
  readonly closed: Promise<unknown>;
  /** Has it published in that way. */
  ask(what: "publish" | "compressed" | "binary" | "server", text: string): void;
  /** Takes the next messages; there must be no more. */
  until(count: number): Promise<string[]>;
  close(): void;
}

/** So many clients, each of a worker of its own, and none of those of `others`. */
export async function publishClients(
  server: ServerProcess,
  count: number,
  others: readonly PublishClient[] = [],
): Promise<PublishClient[]> {
  const found: PublishClient[] = [];
  const known = new Set(others.map(({ pid }) => pid));
  const untilMs = performance.now() + LIMIT_MS;
  while (found.length < count) {
    if (performance.now() > untilMs) throw new Error(`only ${found.length} workers were found`);
    const client = await connect(server.port);
    if (client === undefined) continue;
    if (known.has(client.pid)) {
      client.close();
      continue;
    }
    known.add(client.pid);
    found.push(client);
  }
  return found;
}

/** Undefined: it came to a worker that was killed meanwhile. */
async function connect(port: number): Promise<PublishClient | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  socket.binaryType = "arraybuffer";
  const got: string[] = [];
  let more = Promise.withResolvers<void>();
  socket.addEventListener("message", ({ data }) => {
    got.push(data instanceof ArrayBuffer ? Buffer.from(data).toString() : String(data));
    more.resolve();
  });
  const closed = new Promise((resolve) => void socket.addEventListener("close", resolve));
  const until = async (count: number): Promise<string[]> => {
    while (got.length < count) {
      more = Promise.withResolvers();
      await more.promise;
    }
    return got.splice(0);
  };
  const [hello] = await Promise.race([until(1), closed.then(() => [])]);
  if (hello === undefined) return undefined;
  return {
    pid: Number(hello.slice("pid ".length)),
    closed,
    ask: (what, text) => socket.send(JSON.stringify([what, text])),
    until,
    close: () => socket.close(),
  };
}

/** Everybody publishes something, and gets each of the others' once, in the order of each. */
export async function exchange(clients: readonly PublishClient[], round: string): Promise<void> {
  for (const [at, client] of clients.entries()) {
    client.ask("publish", `${round} ${at} a`);
    client.ask("compressed", `${round} ${at} b`);
    client.ask("binary", `${round} ${at} c`);
    client.ask("server", `${round} ${at} d`);
  }
  const of = (at: number): string[] => ["a", "b", "c", "d"].map((it) => `${round} ${at} ${it}`);
  for (const [me, client] of clients.entries()) {
    const expected = clients.flatMap((_, at) => (at === me ? [`${round} ${at} d`] : of(at)));
    const got = await client.until(expected.length);
    expect(got.toSorted()).toEqual(expected.toSorted());
    for (const at of clients.keys()) {
      const theirs = got.filter((text) => text.startsWith(`${round} ${at} `));
      expect(theirs).toEqual(theirs.toSorted());
    }
  }
}
