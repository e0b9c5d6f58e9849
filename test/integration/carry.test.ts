// WebSockets that move to the new version at a reload (websocket.on_reload = "carry"): what their
// clients see of it, and what the app does.
import { join } from "node:path";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { isUnix } from "../../src/net/address.ts";
import { BINARY, clientFrame, PING, PONG, RawWebSocket, TEXT } from "../helpers/raw-websocket.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { talk } from "../helpers/talk.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const CARRY = { workers: 2, websocket: { on_reload: "carry" }, reload_timeout: 10 };

/** Answers each message with its version before it. */
const echo = (version: string, more = ""): string => `
const version = "${version}";
export default {
  fetch(request: Request, server: Bun.Server<unknown>) {
    const { pathname } = new URL(request.url);
    if (pathname === "/publish") {
      server.publish("news", "news of " + version);
      return new Response(version);
    }
    const data = { who: request.headers.get("x-who"), port: server.requestIP(request)?.port };
    if (server.upgrade(request, { data })) return;
    return new Response(null, { status: 426 });
  },
  websocket: {
    open(ws: any) { ws.subscribe("news"); },
    message(ws: any, message: any) { ws.send(typeof message === "string" ? version + " " + message : message); },
    ${more}
  },
};`;

/** Says so when it is opened. */
const telling = (version: string): string =>
  echo(version).replace("ws.subscribe(", `ws.send("open ${version}"); ws.subscribe(`);

function start(app: string, config: object = CARRY): Promise<ServerProcess> {
  return startPounce({ app, config: { ...config } });
}

async function open(server: ServerProcess, headers = {}): Promise<RawWebSocket> {
  return RawWebSocket.open({ port: portOf(server) }, headers);
}

function portOf({ endpoint }: ServerProcess): number {
  if (isUnix(endpoint)) throw new Error("it listens on a Unix socket");
  return endpoint.port;
}

async function reloadTo(server: ServerProcess, app: string): Promise<readonly string[]> {
  await server.writeApp(app);
  return (await server.reload()).lines;
}

test.concurrent("clients that talk all the time see nothing of three reloads", async () => {
  await using server = await start(echo("v0"), { ...CARRY, control_socket: "control.sock" });
  const clients = await Promise.all(Array.from({ length: 24 }, () => open(server)));
  let isOver = false;
  const talks = clients.map((client) => talk(client, () => isOver));
  let carried = 0;
  for (const version of ["v1", "v2", "v3"]) {
    const lines = await reloadTo(server, echo(version));
    const told = lines.map((line) => /: (\d+) WebSocket\(s\) moved to other workers$/.exec(line));
    carried += told.reduce((sum, found) => sum + Number(found?.[1] ?? 0), 0);
  }
  isOver = true;
  const counts = await Promise.all(talks);
  expect(carried).toBe(3 * clients.length);
  const unix = join(server.dir, "control.sock");
  const metrics = await (await fetch("http://pounce/metrics", { unix })).text();
  expect(metrics).toContain(`pounce_websockets_carried_total ${carried}\n`);
  expect(Math.min(...counts)).toBeGreaterThan(100);
  const last = await Promise.all(
    clients.map(async (client) => {
      client.send("?");
      return client.text();
    }),
  );
  expect(new Set(last)).toEqual(new Set(["v3 ?"]));
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test.concurrent(
  "the new version resumes each with its own data, the old data, its topics and address",
  async () => {
    const resume = `resume(ws: any, previous: any) {
    ws.send(JSON.stringify([previous, ws.data, ws.subscriptions, ws.remoteAddress]));
  },`;
    await using server = await start(echo("v0", resume), { ...CARRY, workers: 1 });
    await using client = await open(server, { "X-Who": "me" });
    client.send("a");
    expect(await client.text()).toBe("v0 a");
    await reloadTo(server, echo("v1", resume));
    const data = { who: "me", port: client.port };
    expect(JSON.parse(await client.text())).toEqual([data, data, ["news"], "127.0.0.1"]);
    // Its topics are those of the server as well.
    await fetch(`http://127.0.0.1:${portOf(server)}/publish`);
    expect(await client.text()).toBe("news of v1");
    await reloadTo(server, echo("v2", resume));
    expect(JSON.parse(await client.text())[1]).toEqual(data);
  },
);

test.concurrent(
  "without resume, the app's open is called; the old version's close is not",
  async () => {
    const close = `close() { console.log("closed by a version"); },`;
    await using server = await start(telling("v0").replace("open(ws", `${close} open(ws`));
    await using client = await open(server);
    expect(await client.text()).toBe("open v0");
    await reloadTo(server, telling("v1"));
    expect(await client.text()).toBe("open v1");
    client.send("b");
    expect(await client.text()).toBe("v1 b");
    expect(server.logs.text()).not.toContain("closed by a version");
  },
);

test.concurrent(
  "an app that closes all it knows of at SIGTERM closes none that has moved",
  async () => {
    const more = `close(ws: any) { all.delete(ws); },`;
    const closing = `const all = new Set<any>();
process.on("SIGTERM", () => {
  for (const ws of all) ws.close(1001);
  console.log(all.size, "closed by " + version);
  setTimeout(() => process.exit(0), 200);
});`;
    const app = echo("v0", more).replace("ws.subscribe(", "all.add(ws); ws.subscribe(");
    await using server = await start(`${app}\n${closing}`, { ...CARRY, workers: 1 });
    await using client = await open(server);
    await reloadTo(server, echo("v1"));
    await server.waitForLog("1 closed by v0");
    client.send("b");
    expect(await client.text()).toBe("v1 b");
  },
);

test.concurrent("what the old version sends later goes through the new one", async () => {
  const late = `message(ws: any, message: any) {
    const { send } = ws;
    setTimeout(() => { if (ws.readyState === 1) ws.send("late " + version); }, 900);
    setTimeout(() => send.call(ws, "later " + version), 950);
    ws.send(version + " " + message);
  },`;
  await using server = await start(echo("v0", late));
  await using client = await open(server);
  client.send("a");
  expect(await client.text()).toBe("v0 a");
  await reloadTo(server, echo("v1"));
  expect(await client.text()).toBe("late v0");
  expect(await client.text()).toBe("later v0");
  client.send("b");
  expect(await client.text()).toBe("v1 b");
});

test.concurrent(
  "a message whose handler still runs is answered before its connection moves",
  async () => {
    const slow = `async message(ws: any, message: any) {
    await Bun.sleep(600);
    ws.send(version + " slowly " + message);
  },`;
    await using server = await start(echo("v0", slow));
    await using client = await open(server);
    client.send("a");
    await reloadTo(server, echo("v1"));
    expect(await client.text()).toBe("v0 slowly a");
    client.send("b");
    expect(await client.text()).toBe("v1 b");
  },
);

test.concurrent(
  "one that has sent fragments, pings and bytes before moves like any other",
  async () => {
    await using server = await start(echo("v0"));
    await using client = await open(server);
    client.write(clientFrame(TEXT, "frag", false));
    client.write(clientFrame(PING, "p"));
    client.write(clientFrame(0, "ment"));
    expect(await client.next()).toEqual({ opcode: PONG, text: "p" });
    expect(await client.text()).toBe("v0 fragment");
    const large = "x".repeat(70_000);
    client.write(clientFrame(BINARY, large));
    expect(await client.next()).toEqual({ opcode: BINARY, text: large });
    await reloadTo(server, echo("v1"));
    client.write(clientFrame(TEXT, "frag", false));
    client.write(clientFrame(PING, "q"));
    client.write(clientFrame(0, "ment"));
    expect(await client.next()).toEqual({ opcode: PONG, text: "q" });
    expect(await client.text()).toBe("v1 fragment");
    client.write(clientFrame(BINARY, large));
    expect(await client.next()).toEqual({ opcode: BINARY, text: large });
  },
);

test.concurrent(
  "one in the middle of a message for too long is closed with the code of a reload",
  async () => {
    await using server = await start(echo("v0"));
    await using other = await open(server);
    await using client = await open(server);
    client.write(clientFrame(TEXT, "a part", false));
    const reloaded = reloadTo(server, echo("v1"));
    expect(await client.closeCode()).toBe(1012);
    other.send("b");
    expect(await other.text()).toBe("v1 b");
    const closed = (await reloaded).filter((line) => line.includes("in the middle of a message"));
    expect(closed).toHaveLength(1);
  },
);

test.concurrent(
  "one that the new version does not upgrade is closed, and the log says why",
  async () => {
    await using server = await start(echo("v0"));
    await using client = await open(server);
    const refusing = `export default { fetch: () => new Response("no", { status: 403 }), websocket: { message() {} } };`;
    const reloaded = reloadTo(server, refusing);
    expect(await client.closeCode()).toBe(1012);
    const words = "1 closed: not upgraded there (it answered 403)";
    expect((await reloaded).some((line) => line.includes(words))).toBe(true);
  },
);

test.concurrent("one that is compressed is closed", async () => {
  await using server = await start(echo("v0", "perMessageDeflate: true,"));
  const headers = { "Sec-WebSocket-Extensions": "permessage-deflate" };
  await using client = await open(server, headers);
  await using plain = await open(server);
  const reloaded = reloadTo(server, echo("v1", "perMessageDeflate: true,"));
  expect(await client.closeCode()).toBe(1012);
  await reloaded;
  plain.send("b");
  expect(await plain.text()).toBe("v1 b");
});

test.concurrent(
  "a new worker that is killed in the middle takes nobody with it whom it has not taken",
  async () => {
    await using server = await start(echo("v0"));
    const clients = await Promise.all(Array.from({ length: 150 }, () => open(server)));
    // Nobody is upgraded before that.
    const slow = echo("v1")
      .replace("fetch(", "async fetch(")
      .replace("const data", "await Bun.sleep(800); const data");
    await server.writeApp(slow);
    server.hup();
    await server.waitForLog("Draining old workers");
    const victim = server.workers().find(({ generation }) => generation === 1);
    await Bun.sleep(300);
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await server.waitForLog("Graceful reload complete");
    const answers = await Promise.all(
      clients.map((client) => {
        client.send("?");
        return client.text();
      }),
    );
    expect(new Set(answers)).toEqual(new Set(["v1 ?"]));
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  },
);

test.concurrent(
  "those of a worker that is scaled away or replaced move to the others",
  async () => {
    const late = `message(ws: any, message: any) {
    if (message === "throw") setTimeout(() => { throw new Error("late"); });
    else ws.send(process.pid + " " + message);
  },`;
    await using server = await start(echo("v0", late));
    const clients = await Promise.all(Array.from({ length: 12 }, () => open(server)));
    const ask = (): Promise<string[]> =>
      Promise.all(
        clients.map(async (client) => {
          client.send("?");
          return (await client.text()).split(" ")[0] as string;
        }),
      );
    const [thrower] = await ask();
    clients[0]?.send("throw");
    await server.waitForLog(/WebSocket\(s\) moved/);
    await server.waitForLog(/is idle/);
    expect(await ask()).not.toContain(thrower);
    server.signal("SIGTTOU");
    await server.untilWorkers((workers) => workers.length === 1);
    expect(new Set(await ask()).size).toBe(1);
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  },
);

test.concurrent("a rolling reload that fails gives them back", async () => {
  const config = { ...CARRY, rollout: { strategy: "rolling" } };
  await using server = await start(echo("v0"), config);
  const clients = await Promise.all(Array.from({ length: 12 }, () => open(server)));
  const failing = `export const startup = ({ slot }: any) => { if (slot === 0) throw new Error("no"); };`;
  await server.writeApp(`${failing}\n${echo("v1")}`);
  server.hup();
  await server.waitForLog("Rolled back from generation 1");
  await server.waitForLog(/generation 1\) is idle/);
  const answers = await Promise.all(
    clients.map((client) => {
      client.send("?");
      return client.text();
    }),
  );
  expect(new Set(answers)).toEqual(new Set(["v0 ?"]));
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test.concurrent(
  "those that have been quiet for longer than keep_alive_timeout stay open",
  async () => {
    await using server = await start(echo("v0"), { ...CARRY, keep_alive_timeout: 1 });
    const clients = await Promise.all(Array.from({ length: 200 }, () => open(server)));
    await Bun.sleep(1500);
    await reloadTo(server, echo("v1"));
    await reloadTo(server, echo("v2"));
    await Bun.sleep(1500);
    const answers = await Promise.all(
      clients.map((client) => {
        client.send("?");
        return client.text();
      }),
    );
    expect(new Set(answers)).toEqual(new Set(["v2 ?"]));
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  },
);
