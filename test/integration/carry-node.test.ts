// WebSockets of programs on node:http, by the package `ws`, that move to the new version at a reload:
// what their clients see of it, and what the program does.
import { readdirSync } from "node:fs";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { isUnix } from "../../src/net/address.ts";
import { BINARY, clientFrame, PING, PONG, RawWebSocket, TEXT } from "../helpers/raw-websocket.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { talk } from "../helpers/talk.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const CARRY = { workers: 2, websocket: { on_reload: "carry" }, reload_timeout: 10 };

/** 20 take half a minute. */
const RELOADS = Number(process.env["TEST_RELOADS"] ?? 5);

const ECHO = `ws.on("message", (message, isBinary) => {
    ws.send(isBinary ? message : version + " " + message);
  });`;

/** A program of a version. @param connection what it does with a new connection */
const program = (version: string, connection = ECHO, more = ""): string => `
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
const version = "${version}";
let later;
const server = createServer(async (request, response) => {
  if (request.url === "/stay") console.log("somebody stays");
  while (request.url === "/stay" && !existsSync(import.meta.dir + "/later")) await Bun.sleep(5);
  if (request.url === "/stay") await later?.();
  response.end(version);
});
const wss = new WebSocketServer({ server });
wss.on("connection", async (ws, request) => {
  ${connection}
});
${more}
server.listen(3000);`;

function start(app: string, config: object = {}): Promise<ServerProcess> {
  return startPounce({ app, config: { ...CARRY, ...config } });
}

function portOf({ endpoint }: ServerProcess): number {
  if (isUnix(endpoint)) throw new Error("it listens on a Unix socket");
  return endpoint.port;
}

function open(server: ServerProcess, headers = {}): Promise<RawWebSocket> {
  return RawWebSocket.open({ port: portOf(server), path: "/chat?x=1" }, headers);
}

function openSome(server: ServerProcess, count: number): Promise<RawWebSocket[]> {
  return Promise.all(Array.from({ length: count }, () => open(server)));
}

async function reloadTo(server: ServerProcess, app: string): Promise<readonly string[]> {
  await server.writeApp(app);
  return (await server.reload()).lines;
}

/**
 * The same, while the old version has a request that stays. Returns what lets it do what it has to
 * do \`later\`, and end then.
 */
async function reloadSlowlyTo(server: ServerProcess, app: string): Promise<() => Promise<void>> {
  const stays = fetch(`http://127.0.0.1:${portOf(server)}/stay`);
  await server.waitForLog("somebody stays");
  await server.writeApp(app);
  server.hup();
  await server.waitForLog(/WebSocket\(s\) moved/);
  return async () => {
    await server.write("later", "");
    expect(await (await stays).text()).toBe("v0");
    await server.waitForLog("Graceful reload complete");
  };
}

function movedIn(lines: readonly string[]): number {
  const told = lines.map((line) => /: (\d+) WebSocket\(s\) moved to other workers/.exec(line));
  return told.reduce((sum, found) => sum + Number(found?.[1] ?? 0), 0);
}

function ask(clients: readonly RawWebSocket[]): Promise<string[]> {
  return Promise.all(
    clients.map((client) => {
      client.send("?");
      return client.text();
    }),
  );
}

async function closeAll(clients: readonly RawWebSocket[]): Promise<void> {
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
}

/** A check that takes its time. */
const slowly = (ms: number): string => `verifyClient: (_, then) => setTimeout(then, ${ms}, true)`;

/** The same program, with more options for its WebSocketServer. */
function withOptions(app: string, options: string): string {
  return app.replace("({ server })", `({ server, ${options} })`);
}

test.concurrent("clients that talk all the time see nothing of four reloads", async () => {
  await using server = await start(program("v0"));
  const clients = await openSome(server, 24);
  let isOver = false;
  const talks = clients.map((client) => talk(client, () => isOver));
  let moved = 0;
  for (const version of ["v1", "v2", "v3", "v4"]) {
    moved += movedIn(await reloadTo(server, program(version)));
  }
  isOver = true;
  const counts = await Promise.all(talks);
  expect(moved).toBe(4 * clients.length);
  expect(Math.min(...counts)).toBeGreaterThan(100);
  expect(new Set(await ask(clients))).toEqual(new Set(["v4 ?"]));
  await closeAll(clients);
});

test.concurrent(
  "the new version gets the client's own request, and the old one hears of no end",
  async () => {
    const connection = `
      const { url, headers, rawHeaders, socket } = request;
      ws.send(JSON.stringify([version, url, headers["x-who"], headers["pounce-resume"] ?? null,
        rawHeaders.filter((one) => /carry/i.test(one)).length,
        ws.protocol, socket.remoteAddress, socket.remotePort, wss.clients.size]));
      for (const it of [ws, request.socket]) {
        it.on("close", () => console.log("closed in " + version));
        it.on("error", () => console.log("broken in " + version));
      }
      ${ECHO}`;
    await using server = await start(program("v0", connection), { workers: 1 });
    const headers = { "X-Who": "me", "Sec-WebSocket-Protocol": "chat" };
    await using client = await open(server, headers);
    const rest = ["chat", "127.0.0.1", client.port, 1];
    const told = async (): Promise<unknown> => JSON.parse(await client.text());
    expect(await told()).toEqual(["v0", "/chat?x=1", "me", null, 0, ...rest]);
    for (const version of ["v1", "v2"]) {
      await reloadTo(server, program(version, connection));
      expect(await told()).toEqual([version, "/chat?x=1", "me", "1", 0, ...rest]);
    }
    client.send("b");
    expect(await client.text()).toBe("v2 b");
    expect(server.logs.text()).not.toMatch(/(?:closed|broken) in/);
    await client[Symbol.asyncDispose]();
    await server.waitForLog("closed in v2");
    expect(server.logs.text()).not.toMatch(/(?:closed|broken) in v[01]/);
  },
);

test.concurrent("what the old version does later is done by the new one", async () => {
  const connection = `const { send } = ws;
  later = () => {
    if (ws.readyState !== ws.OPEN) return;
    ws.send("late " + version, () => ws.send(Buffer.from("called back")));
    send.call(ws, "in ", { fin: false });
    ws.ping("p");
    ws.send("parts");
    ws.send(7);
    return Bun.sleep(50);
  };
  ${ECHO}`;
  await using server = await start(program("v0", connection), { workers: 1 });
  await using client = await open(server);
  const goOn = await reloadSlowlyTo(server, program("v1"));
  await goOn();
  client.send("b");
  const frames: unknown[] = [];
  for (let at = 0; at < 6; at++) frames.push(await client.next());
  expect(frames).toEqual([
    { opcode: TEXT, text: "late v0" },
    { opcode: PING, text: "p" },
    { opcode: TEXT, text: "in parts" },
    { opcode: TEXT, text: "7" },
    { opcode: BINARY, text: "called back" },
    { opcode: TEXT, text: "v1 b" },
  ]);
});

test.concurrent("what the old version closes later is closed, with its code", async () => {
  const connection = `later = () => { ws.close(4321, "enough"); }; ${ECHO}`;
  await using server = await start(program("v0", connection), { workers: 1 });
  await using client = await open(server);
  const goOn = await reloadSlowlyTo(server, program("v1"));
  expect(await ask([client])).toEqual(["v1 ?"]);
  await goOn();
  expect(await client.closeCode()).toBe(4321);
});

test.concurrent(
  "a message whose handler still runs is answered before its connection moves",
  async () => {
    const connection = `ws.on("message", async (message) => {
      await Bun.sleep(600);
      ws.send(version + " slowly " + message);
    });`;
    await using server = await start(program("v0", connection));
    await using client = await open(server);
    client.send("a");
    await reloadTo(server, program("v1", `ws.send("now " + version); ${ECHO}`));
    expect(await client.text()).toBe("v0 slowly a");
    expect(await client.text()).toBe("now v1");
    client.send("b");
    expect(await client.text()).toBe("v1 b");
  },
);

test.concurrent("what such a handler is rejected with is reported as ever", async () => {
  const connection = `ws.on("message", async () => {
    await Bun.sleep(1);
    throw new Error("thrown late");
  });`;
  await using server = await start(program("v0", connection), { respawn: { uncaught: "log" } });
  await using client = await open(server);
  client.send("a");
  await server.waitForLog("thrown late");
  client.send("b");
  await server.waitForLog(/the app threw outside a request.*thrown late/, { count: 2 });
  expect(server.logs.matching("threw outside a request")).toHaveLength(2);
});

test.concurrent("a program that begins to listen late misses nothing", async () => {
  const connection = `await Bun.sleep(300); ${ECHO}`;
  await using server = await start(program("v0"));
  await using client = await open(server);
  await server.writeApp(program("v1", connection));
  server.hup();
  let sent = 0;
  const isOver = server.waitForLog("Graceful reload complete").then(() => true as const);
  while (!(await Promise.race([isOver, Bun.sleep(2).then(() => false)]))) {
    client.send(String(sent++));
  }
  for (let at = 0; at < sent; at++) expect(await client.text()).toMatch(new RegExp(`^v. ${at}$`));
  expect(sent).toBeGreaterThan(20);
});

test.concurrent(
  "a program that looks for broken connections takes none that has moved for one",
  async () => {
    // As the manual of ws shows it.
    const connection = `all.add(ws); ws.isAlive = true;
    ws.on("pong", () => { ws.isAlive = true; });
    ${ECHO}`;
    const more = `const all = new Set();
    const look = () => {
      for (const ws of all) {
        if (ws.isAlive === false) { ws.terminate(); continue; }
        ws.isAlive = false;
        ws.ping("alive?");
      }
    };
    later = () => { look(); look(); look(); };`;
    await using server = await start(program("v0", connection, more), { workers: 1 });
    await using client = await open(server);
    const goOn = await reloadSlowlyTo(server, program("v1", connection, more));
    await goOn();
    client.send("b");
    expect(await client.next()).toEqual({ opcode: PING, text: "alive?" });
    expect(await client.text()).toBe("v1 b");
  },
);

test.concurrent(
  "a program that closes all it has at a reload closes none that has moved",
  async () => {
    const more = `export async function shutdown() {
    await Bun.sleep(700);
    for (const ws of wss.clients) ws.close(1001);
    await new Promise((resolve) => wss.close(resolve));
    console.log("shut down");
  }`;
    await using server = await start(program("v0", ECHO, more));
    const clients = await openSome(server, 4);
    await reloadTo(server, program("v1", ECHO, more));
    await server.waitForLog("shut down");
    expect(new Set(await ask(clients))).toEqual(new Set(["v1 ?"]));
    await closeAll(clients);
  },
);

test.concurrent("nor does one that closes all it knows of at SIGTERM", async () => {
  const connection = `all.add(ws); ws.on("close", () => all.delete(ws)); ${ECHO}`;
  const more = `const all = new Set();
  process.on("SIGTERM", () => {
    for (const ws of all) ws.close(1001);
    console.log(all.size, "closed by " + version);
    setTimeout(() => process.exit(0), 200);
  });`;
  await using server = await start(program("v0", connection, more), { workers: 1 });
  const clients = await openSome(server, 4);
  await reloadTo(server, program("v1", connection, more));
  await server.waitForLog("4 closed by v0");
  expect(new Set(await ask(clients))).toEqual(new Set(["v1 ?"]));
  await closeAll(clients);
});

test.concurrent("fragments, pings and bytes, before and after", async () => {
  await using server = await start(program("v0"));
  await using client = await open(server);
  const large = "x".repeat(70_000);
  for (const version of ["v0", "v1", "v2"]) {
    client.write(clientFrame(TEXT, "frag", false));
    client.write(clientFrame(PING, "p"));
    client.write(clientFrame(0, "ment"));
    expect(await client.next()).toEqual({ opcode: PONG, text: "p" });
    expect(await client.text()).toBe(`${version} fragment`);
    client.write(clientFrame(BINARY, large));
    expect(await client.next()).toEqual({ opcode: BINARY, text: large });
    if (version !== "v2") await reloadTo(server, program(version === "v0" ? "v1" : "v2"));
  }
});

const REFUSING = {
  "it answers 403": [
    `import { createServer } from "node:http";
    createServer().on("upgrade", (request, socket) => {
      socket.end("HTTP/1.1 403 Forbidden\\r\\n\\r\\n");
    }).listen(3000);`,
    "1 closed: not upgraded there (it answered 403)",
  ],
  "it has no WebSockets": [
    `import { createServer } from "node:http";
    createServer((request, response) => response.writeHead(404).end()).listen(3000);`,
    "1 closed: not upgraded there (",
  ],
  "it never answers": [
    `import { createServer } from "node:http";
    createServer().on("upgrade", () => undefined).listen(3000);`,
    "1 closed: not upgraded there (",
  ],
} as const;

test.concurrent.each(Object.entries(REFUSING))(
  "one that the new version does not want is closed: %s",
  async (_how, [refusing, words]) => {
    await using server = await start(program("v0"));
    await using client = await open(server);
    const reloaded = reloadTo(server, refusing);
    expect(await client.closeCode()).toBe(1012);
    expect((await reloaded).filter((line) => line.includes(words))).toHaveLength(1);
  },
);

test.concurrent("one that ws does not speak on is closed, others move", async () => {
  const more = `
  import { createHash } from "node:crypto";
  server.prependListener("upgrade", (request, socket) => {
    if (request.url !== "/own") return;
    const key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n" +
      "Sec-WebSocket-Accept: " + createHash("sha1").update(key).digest("base64") + "\\r\\n\\r\\n");
  });
  wss.shouldHandle = (request) => request.url !== "/own";
  const { handleUpgrade } = wss;
  wss.handleUpgrade = (request, ...others) => {
    if (request.url !== "/own") handleUpgrade.call(wss, request, ...others);
  };`;
  await using server = await start(program("v0", ECHO, more), { workers: 1 });
  await using client = await open(server);
  await using own = await RawWebSocket.open({ port: portOf(server), path: "/own" });
  const reloaded = reloadTo(server, program("v1"));
  expect(await own.closeCode()).toBe(1012);
  await own[Symbol.asyncDispose]();
  const words = "1 WebSocket(s) moved to other workers; 1 closed";
  expect((await reloaded).join("\n")).toContain(words);
  expect(await ask([client])).toEqual(["v1 ?"]);
});

test.concurrent("those that are compressed, or of an old socket.io, are closed", async () => {
  const [v0, v1] = ["v0", "v1"].map((it) => withOptions(program(it), "perMessageDeflate: true"));
  await using server = await start(v0 ?? "");
  const headers = { "Sec-WebSocket-Extensions": "permessage-deflate" };
  await using compressed = await open(server, headers);
  await using ofSocketIo = await RawWebSocket.open({ port: portOf(server), path: "/?EIO=3" });
  await using plain = await open(server);
  const reloaded = reloadTo(server, v1 ?? "");
  expect(await Promise.all([compressed.closeCode(), ofSocketIo.closeCode()])).toEqual([1012, 1012]);
  await Promise.all([compressed, ofSocketIo].map((one) => one[Symbol.asyncDispose]()));
  await reloaded;
  expect(await ask([plain])).toEqual(["v1 ?"]);
});

test.concurrent("one whose first message came with its request is served, and closed", async () => {
  await using server = await start(program("v0"));
  const first = clientFrame(TEXT, "first");
  await using client = await RawWebSocket.open({ port: portOf(server), first });
  expect(await client.text()).toBe("v0 first");
  const reloaded = reloadTo(server, program("v1"));
  expect(await client.closeCode()).toBe(1012);
  await client[Symbol.asyncDispose]();
  await reloaded;
});

test.concurrent("one that the new version closes at once is closed with its code", async () => {
  await using server = await start(program("v0"));
  await using client = await open(server);
  const closing = `ws.send("goodbye"); ws.close(4400, "no");`;
  await server.writeApp(program("v1", closing));
  server.hup();
  expect(await client.text()).toBe("goodbye");
  expect(await client.closeCode()).toBe(4400);
  await client[Symbol.asyncDispose]();
  await server.waitForLog("Graceful reload complete");
});

test.concurrent("one that is upgraded while its worker drains moves, too", async () => {
  await using server = await start(withOptions(program("v0"), slowly(700)), { workers: 1 });
  const opening = open(server);
  await using other = await open(server);
  const third = open(server);
  await Bun.sleep(100);
  expect(movedIn(await reloadTo(server, program("v1")))).toBe(3);
  const clients = [await opening, other, await third];
  expect(await ask(clients)).toEqual(["v1 ?", "v1 ?", "v1 ?"]);
  await closeAll(clients);
});

test.concurrent("a worker that is killed takes nobody with it whom it has not taken", async () => {
  await using server = await start(program("v0"));
  const clients = await openSome(server, 100);
  // Nobody is upgraded before that.
  const slow = withOptions(program("v1"), slowly(800));
  await server.writeApp(slow);
  server.hup();
  await server.waitForLog("Draining old workers");
  const victim = server.workers().find(({ generation }) => generation === 1);
  await Bun.sleep(300);
  process.kill(victim?.pid ?? 0, "SIGKILL");
  await server.waitForLog("Graceful reload complete");
  expect(new Set(await ask(clients))).toEqual(new Set(["v1 ?"]));
  await closeAll(clients);
});

test.concurrent("an old worker that is killed takes nobody with it who has moved", async () => {
  await using server = await start(program("v0"), { workers: 1 });
  const clients = await openSome(server, 20);
  const stays = fetch(`http://127.0.0.1:${portOf(server)}/stay`).catch(() => "cut");
  await server.waitForLog("somebody stays");
  await server.writeApp(program("v1"));
  server.hup();
  await server.waitForLog(/WebSocket\(s\) moved/);
  const old = server.workers().find(({ generation }) => generation === 0);
  process.kill(old?.pid ?? 0, "SIGKILL");
  expect(await stays).toBe("cut");
  await server.waitForLog("Graceful reload complete");
  expect(new Set(await ask(clients))).toEqual(new Set(["v1 ?"]));
  await closeAll(clients);
});

test.concurrent("a rolling reload that fails gives them back", async () => {
  await using server = await start(program("v0"), { rollout: { strategy: "rolling" } });
  const clients = await openSome(server, 12);
  const failing = `export const startup = ({ slot }) => { if (slot === 0) throw new Error("no"); };`;
  await server.writeApp(program("v1", ECHO, failing));
  server.hup();
  await server.waitForLog("Rolled back from generation 1");
  await server.waitForLog(/generation 1\) is idle/);
  expect(new Set(await ask(clients))).toEqual(new Set(["v0 ?"]));
  await closeAll(clients);
});

test.concurrent(
  "over several reloads no descriptor is left behind, and no client is lost",
  async () => {
    await using server = await start(program("v0"), { workers: 1 });
    const clients = await openSome(server, 10);
    const counts: number[] = [];
    for (let at = 1; at <= RELOADS; at++) {
      expect(movedIn(await reloadTo(server, program(`v${at}`)))).toBe(clients.length);
      expect(new Set(await ask(clients))).toEqual(new Set([`v${at} ?`]));
      const pids = [server.pid, ...server.workers().map(({ pid }) => pid)];
      counts.push(pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0));
    }
    expect(counts.at(-1)).toBeLessThanOrEqual(counts[1] ?? 0);
    await closeAll(clients);
  },
);

test.concurrent("those that are quiet for longer than keep_alive_timeout stay open", async () => {
  await using server = await start(program("v0"), { keep_alive_timeout: 1 });
  const clients = await openSome(server, 50);
  await Bun.sleep(1500);
  await reloadTo(server, program("v1"));
  await Bun.sleep(1500);
  await reloadTo(server, program("v2"));
  await Bun.sleep(1500);
  expect(new Set(await ask(clients))).toEqual(new Set(["v2 ?"]));
  await closeAll(clients);
});

test.concurrent("an upgrade is in the access log with 101, once, whoever moves", async () => {
  await using server = await start(program("v0"), { log: { access: "access.log" } });
  await using client = await open(server);
  await reloadTo(server, program("v1"));
  expect(await ask([client])).toEqual(["v1 ?"]);
  await client[Symbol.asyncDispose]();
  await server.stop();
  const entries = (await Bun.file(`${server.dir}/access.log`).text()).trim().split("\n");
  expect(entries).toHaveLength(1);
  expect(entries[0]).toContain('"GET /chat?x=1 HTTP/1.1" 101 ');
});

test.concurrent.each([
  ["at once", 'throw new Error("no luck");', "the app threw", 0],
  [
    "a moment later",
    `await Bun.sleep(20); throw new Error("no luck");`,
    "that came to two workers when the app threw there",
    2,
  ],
] as const)(
  "one for which a version throws %s ends no more workers than it has to",
  async (_when, fault, why, workers) => {
    const poison = `${ECHO} if (request.headers["x-who"] === "poison" && request.headers["pounce-resume"]) {
      ${fault}
    }`;
    const config = { respawn: { backoff_min: "100ms" } };
    const version = (name: string): string => {
      const it = program(name, poison);
      return workers === 0 ? it.replace('"connection", async (', '"connection", (') : it;
    };
    await using server = await start(version("v0"), config);
    const others = await openSome(server, 6);
    await using client = await open(server, { "X-Who": "poison" });
    await server.writeApp(version("v1"));
    server.hup();
    expect(await client.closeCode()).toBe(1012);
    await server.waitForLog(why);
    const replaced = server.logs.matching("Replacing worker");
    expect(replaced.length).toBeLessThanOrEqual(workers);
    const all = await Promise.all(
      others.map(async (other) => {
        other.send("?");
        // Some have come to the same two workers in the same moment.
        return other.text().catch(() => "closed");
      }),
    );
    expect(all.filter((text) => text === "v1 ?").length).toBeGreaterThan(1);
    await Promise.all(others.map((other) => other[Symbol.asyncDispose]()));
  },
);
