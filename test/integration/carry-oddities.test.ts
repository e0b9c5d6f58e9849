// WebSockets that move to the new version at a reload, whatever the app does: nobody gets what is
// another client's, and who is closed is closed with a code.
import { join } from "node:path";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { RawWebSocket } from "../helpers/raw-websocket.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const CARRY = { workers: 2, websocket: { on_reload: "carry" }, reload_timeout: 10 };

interface Parts {
  /** Of `fetch`, before it upgrades. */
  readonly fetch?: string;
  readonly handlers?: string;
}

/** Answers each message with its version, and with the name in the path of its client. */
const app = (version: string, { fetch = "", handlers = "" }: Parts = {}): string => `
const version = "${version}";
export default {
  async fetch(request: Request, server: Bun.Server<unknown>) {
    const name = new URL(request.url).pathname.slice(1);
    if (name === "count") return new Response(String(server.pendingWebSockets));
    let data: any = { name };
    ${fetch}
    if (server.upgrade(request, { data })) return;
    return new Response(null, { status: 426 });
  },
  websocket: {
    message(ws: any, message: any) { ws.send(version + " " + ws.data.name + " " + message); },
    ${handlers}
  },
};`;

const start = (text: string, config: object = {}): Promise<ServerProcess> =>
  startPounce({ app: text, config: { ...CARRY, ...config } });

const open = ({ port }: ServerProcess, name: string): Promise<RawWebSocket> =>
  RawWebSocket.open({ port, path: `/${name}` });

async function openSome(server: ServerProcess, count: number): Promise<RawWebSocket[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => open(server, `c${at}`)));
}

async function ask(client: RawWebSocket, text = "?"): Promise<string> {
  client.send(text);
  return client.text();
}

async function reloadTo(server: ServerProcess, text: string): Promise<string> {
  await server.writeApp(text);
  return (await server.reload()).lines.join("\n");
}

const end = (clients: readonly RawWebSocket[]): Promise<unknown> =>
  Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));

test.concurrent(
  "data that cannot be read, and sockets that are frozen, give nobody another client's session",
  async () => {
    const odd = {
      fetch: `
      const fail = () => { throw new Error("a getter of the app"); };
      if (name === "c3") Object.defineProperty(data, "lazy", { enumerable: true, get: fail });
      if (name === "c4") { const it = Proxy.revocable({}, {}); it.revoke(); data.gone = it.proxy; }
      if (name === "c5") data.list = Object.assign([], { length: 4_000_000_000 });`,
      handlers: `
      open(ws: any) {
        if (ws.data.name === "c6") Object.preventExtensions(ws);
        if (ws.data.name === "c7") Object.defineProperty(ws, "readyState", { value: 1 });
      },
      resume(ws: any, previous: any) { ws.send("was " + previous.name); },`,
    };
    await using server = await start(app("v0", odd));
    const clients = await openSome(server, 20);
    await reloadTo(server, app("v1", odd));
    for (const [at, client] of clients.entries()) {
      expect(await client.text()).toBe(`was c${at}`);
      expect(await ask(client)).toBe(`v1 c${at} ?`);
    }
    await end(clients);
  },
);

test.concurrent("the first one that opens in a worker that drains moves as well", async () => {
  const slow = { fetch: "await Bun.sleep(600);" };
  await using server = await start(app("v0", slow), { workers: 1 });
  await server.writeApp(app("v1"));
  const opening = open(server, "late");
  // Its request is there.
  await Bun.sleep(200);
  await server.reload();
  await using client = await opening;
  expect(await ask(client)).toBe("v1 late ?");
});

test.concurrent("a version that can take only a few at a time gets them so", async () => {
  await using server = await start(app("v0"));
  const clients = await openSome(server, 160);
  // As with a pool of connections to a database: all of them take longer than one may.
  const pool = `
let free = 2;
const waiting: (() => void)[] = [];
async function use() {
  if (free-- <= 0) await new Promise<void>((then) => waiting.push(then));
  await Bun.sleep(80);
  free++;
  waiting.shift()?.();
}
`;
  const lines = await reloadTo(server, pool + app("v1", { fetch: "await use();" }));
  expect(lines).not.toContain("closed: ");
  expect(await Promise.all(clients.map((it) => ask(it, "a")))).toEqual(
    clients.map((_, at) => `v1 c${at} a`),
  );
  await end(clients);
});

test.concurrent(
  "a handler is waited for, and goes on after the move if it takes longer",
  async () => {
    const handlers = `
    async message(ws: any, message: any) {
      await Bun.sleep(Number(message));
      ws.send(version + " " + message);
    },`;
    await using server = await start(app("v0", { handlers }), { workers: 1 });
    const [short, long, busy] = await openSome(server, 3);
    short?.send("1000");
    long?.send("4000");
    // There is always one that runs.
    const timer = setInterval(() => busy?.send("100"), 50);
    // The old worker lives on for this one.
    const holding = open(server, "held");
    await reloadTo(server, app("v1", { handlers }));
    clearInterval(timer);
    expect(await short?.text()).toBe("v0 1000");
    expect(await ask(short as RawWebSocket, "1")).toBe("v1 1");
    expect(await long?.text()).toBe("v0 4000");
    expect(await ask(long as RawWebSocket, "2")).toBe("v1 2");
    expect(await busy?.text()).toBe("v0 100");
    await end([short, long, busy, await holding] as RawWebSocket[]);
  },
);

test.concurrent("the app hears of those that the new version does not want", async () => {
  const handlers = `close(ws: any, code: number) { console.log(version + " closed " + ws.data.name + " " + code); },`;
  await using server = await start(app("v0", { handlers }), { control_socket: "control.sock" });
  const clients = await openSome(server, 12);
  const refusing = `if (request.headers.has("pounce-resume") && name !== "c3")
    return new Response(null, { status: 409 });`;
  const closed = Promise.all(clients.filter((_, at) => at !== 3).map((it) => it.closeCode()));
  const lines = await reloadTo(server, app("v1", { fetch: refusing, handlers }));
  expect(new Set(await closed)).toEqual(new Set([1012]));
  for (const at of clients.keys()) {
    const words = `v0 closed c${at} 1012`;
    expect(server.logs.text().includes(words)).toBe(at !== 3);
  }
  expect(lines).toContain("[WARN] Worker");
  const unix = join(server.dir, "control.sock");
  const metrics = await (await fetch("http://pounce/metrics", { unix })).text();
  expect(metrics).toContain("pounce_websockets_not_carried_total 11\n");
  await end(clients);
});

test.concurrent("one whose resume throws is closed with the code, and is not counted", async () => {
  await using server = await start(app("v0"));
  const clients = await openSome(server, 4);
  const handlers = `resume(ws: any) { if (ws.data.name === "c2") throw new Error("no luck"); },`;
  const closed = clients[2]?.closeCode();
  const lines = await reloadTo(server, app("v1", { handlers }));
  expect(await closed).toBe(1012);
  expect(lines).toContain("1 closed: not upgraded there (the app threw");
  expect(await ask(clients[1] as RawWebSocket)).toBe("v1 c1 ?");
  // The others have nothing to do with that.
  expect(server.logs.text()).not.toContain("Replacing worker");
  await end(clients);
});

test.concurrent("a reload in the middle of another one loses none that is on its way", async () => {
  const slow = { fetch: "await Bun.sleep(500);" };
  await using server = await start(app("v0"));
  const clients = await openSome(server, 40);
  await server.writeApp(app("v1", slow));
  server.hup();
  await server.waitForLog("Draining old workers (generation 0)");
  await Bun.sleep(150);
  await server.writeApp(app("v2", slow));
  server.hup();
  await server.waitForLog("on generation 2");
  expect(new Set(await Promise.all(clients.map((it) => ask(it, "a"))))).toEqual(
    new Set(clients.map((_, at) => `v2 c${at} a`)),
  );
  await end(clients);
});

test.concurrent("reloads in quick succession lose none that has to wait", async () => {
  const handlers = `async message(ws: any, message: any) {
      await Bun.sleep(Number(message));
      ws.send(version + " " + message);
    },`;
  await using server = await start(app("v0", { handlers }), { rollout: { max_draining: 10 } });
  const clients = await openSome(server, 20);
  for (const client of clients) client.send("1500");
  for (const version of [1, 2, 3, 4, 5]) {
    await server.writeApp(app(`v${version}`, { handlers }));
    server.hup();
    await server.waitForLog(`Draining old workers (generation ${version - 1})`);
  }
  for (const client of clients) expect(await client.text()).toBe("v0 1500");
  await server.waitForLog("on generation 5");
  for (const client of clients) expect(await ask(client, "1")).toBe("v5 1");
  expect(server.logs.text()).not.toContain("closed: ");
  await end(clients);
});

test.concurrent("what a handler sends comes to its client over two reloads", async () => {
  const handlers = `async message(ws: any, message: any) {
      for (let at = 0; at < Number(message); at++) {
        await Bun.sleep(100);
        ws.send(version + " " + at);
      }
    },`;
  await using server = await start(app("v0", { handlers }), { workers: 1 });
  await using client = await open(server, "streams");
  client.send("60");
  for (const version of ["v1", "v2"]) {
    await server.writeApp(app(version, { handlers }));
    const after = server.logs.mark();
    server.hup();
    await server.waitForLog("1 WebSocket(s) moved to other workers", { after });
  }
  for (let at = 0; at < 60; at++) expect(await client.text()).toBe(`v0 ${at}`);
  expect(await ask(client, "1")).toBe("v2 0");
});

test.concurrent(
  "what an asynchronous handler is rejected with is told, with its name",
  async () => {
    const handlers = `async message(ws: any, message: any) {
      await Bun.sleep(1);
      throw new Error("no luck with " + message);
    },`;
    const config = { respawn: { uncaught: "log" } };
    await using server = await start(app("v0", { handlers }), config);
    await using client = await open(server, "c0");
    client.send("a");
    await server.waitForLog("the app's WebSocket message handler threw: Error: no luck with a");
    await reloadTo(server, app("v1", { handlers }));
    client.send("b");
    await server.waitForLog("no luck with b");
    expect(server.logs.matching("no luck with b")).toHaveLength(1);
  },
);

test.concurrent("those that have moved are counted as the others are", async () => {
  await using server = await start(app("v0"), { workers: 1 });
  const clients = await openSome(server, 3);
  await reloadTo(server, app("v1"));
  await using more = await open(server, "more");
  expect(await ask(more)).toBe("v1 more ?");
  expect(await (await fetch(`http://127.0.0.1:${server.port}/count`)).text()).toBe("4");
  await end(clients);
});
