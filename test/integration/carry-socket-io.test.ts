// Sessions of socket.io, over its engine for Bun or on node:http, move to the new version at a
// reload, as its own clients see it: they hear `connect` once more, no `disconnect`, and nothing is
// lost.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { isUnix } from "../../src/net/address.ts";
import { CLOSE, RawWebSocket } from "../helpers/raw-websocket.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

type Options = Partial<ManagerOptions & SocketOptions>;

const WEBSOCKET: Options = { transports: ["websocket"] };
const TRANSPORTS: readonly [string, Options][] = [
  ["over a WebSocket alone", WEBSOCKET],
  ["that begins with polling", {}],
];

/** Options of the engine, more of each namespace, and what is done before a client is let in. */
type MakeApp = (
  version: string,
  options?: object,
  more?: { readonly nsp?: string; readonly allow?: string },
) => string;

const bunApp: MakeApp = (version, options = {}, { nsp = "", allow = "" } = {}) => `
import { Server } from "socket.io";
import { Server as Engine } from "@socket.io/bun-engine";
const io = new Server();
const engine = new Engine({ path: "/socket.io/", ...${JSON.stringify(options)},
  allowRequest: async (request: Request) => { ${allow} },
});
io.bind(engine);
${namespaces(version, nsp)}
export default { ...engine.handler() };`;

/** The same on node:http. */
const nodeApp: MakeApp = (version, options = {}, { nsp = "", allow = "" } = {}) => `
import { createServer } from "node:http";
import { Server } from "socket.io";
const server = createServer((_, response) => response.end("elsewhere"));
const io = new Server(server, { ...${JSON.stringify(options)},
  allowRequest: (incoming: any, then: any) => {
    const check = async (request: any) => { ${allow} };
    const checked = check({ headers: new Headers(incoming.headers) });
    checked.then(() => then(null, true), (why) => then(why, false));
  },
});
${namespaces(version, nsp)}
server.listen(3000);`;

const namespaces = (version: string, nsp: string): string => `
const version = "${version}";
for (const name of ["/", "/admin"]) {
  const nsp = io.of(name);
  ${nsp}
  nsp.on("connection", (socket: any) => {
    const { auth, headers } = socket.handshake;
    socket.join("room");
    socket.emit("hello", version, auth, headers["pounce-resume"] ?? "new", headers["x-who"] ?? "");
    socket.on("echo", (it: unknown) => socket.emit("echo", version, it));
    socket.on("shout", (it: unknown) => nsp.to("room").emit("shout", version, it));
    socket.on("slow", async (ms: number, answer: any) => { await Bun.sleep(ms); answer(version); });
    socket.on("ask", () =>
      socket.emit("question", (answer: unknown) => socket.emit("answered", version, answer)));
    socket.on("kick", () => socket.disconnect(true));
    socket.on("disconnect", (why: string) => console.log(version, "disconnect", name, why));
  });
}`;

const APPS: readonly [string, MakeApp][] = [
  ["over its engine for Bun", bunApp],
  ["on node:http", nodeApp],
];
const EACH = APPS.flatMap(([where, make]) =>
  TRANSPORTS.map(([how, options]) => [`${where}, ${how}`, options, make] as const),
);

function start(text: string): Promise<ServerProcess> {
  const config = { workers: 1, reload_timeout: 10, websocket: { on_reload: "carry" } };
  return startPounce({ app: text, config });
}

function portOf({ endpoint }: ServerProcess): number {
  if (isUnix(endpoint)) throw new Error("it listens on a Unix socket");
  return endpoint.port;
}

/** A client that notes what it sees, in words. */
class Client implements Disposable {
  readonly seen: string[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(readonly socket: Socket) {
    const note = (...words: unknown[]): void => {
      this.seen.push(
        words
          .map((word) => (typeof word === "string" ? word : JSON.stringify(word)))
          .join(" ")
          .trim(),
      );
      this.#wake.resolve();
    };
    socket.on("connect", () => note("connect"));
    socket.on("disconnect", (why) => note("disconnect", why));
    socket.on("connect_error", ({ message }) => note("connect_error", message));
    socket.onAny((event: string, ...args: unknown[]) => {
      if (typeof args.at(-1) !== "function") note(event, ...args);
    });
  }

  static open(server: ServerProcess, options: Options, namespace = "/"): Client {
    const url = `http://127.0.0.1:${portOf(server)}${namespace}`;
    return new Client(io(url, { forceNew: true, ...options }));
  }

  /** Resolves when it has seen this, so many times. */
  async until(words: string | RegExp, count = 1): Promise<void> {
    const isIt = (one: string): boolean =>
      typeof words === "string" ? one === words : words.test(one);
    while (this.seen.filter(isIt).length < count) {
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }

  /** Resolves when it has been let in, and has its WebSocket. */
  async isUp(): Promise<void> {
    await this.until(/^hello/);
    const { engine } = this.socket.io;
    if (engine.transport.name !== "websocket") {
      await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()));
    }
  }

  [Symbol.dispose](): void {
    this.socket.io.engine.close();
    this.socket.disconnect();
  }
}

/** Resolves when the WebSockets of the old version have moved, or were closed: how it says that. */
async function reloadTo(server: ServerProcess, text: string): Promise<string> {
  await server.writeApp(text);
  const { after } = await server.steer();
  return server.waitForLog(/WebSocket\(s\) moved to other workers/, { after });
}

describe.concurrent.each(EACH)("a client %s", (_name, options, app) => {
  test("hears connect once more, and nothing else of two reloads, in all its namespaces", async () => {
    await using server = await start(app("v0"));
    const more = { auth: { token: "mine" }, extraHeaders: { "X-Who": "me" } };
    using client = Client.open(server, { ...options, ...more });
    using admin = new Client(client.socket.io.socket("/admin", {}));
    await Promise.all([client.isUp(), admin.isUp()]);
    for (const version of ["v1", "v2"]) {
      const line = await reloadTo(server, app(version));
      expect(line).toEndWith("1 WebSocket(s) moved to other workers");
      await Promise.all([
        client.until(RegExp(`hello ${version}`)),
        admin.until(RegExp(`hello ${version}`)),
      ]);
      client.socket.emit("shout", "all");
      await client.until(`shout ${version} all`);
    }
    expect(client.seen).toEqual([
      "connect",
      'hello v0 {"token":"mine"} new me',
      "connect",
      'hello v1 {"token":"mine"} 1 me',
      "shout v1 all",
      "connect",
      'hello v2 {"token":"mine"} 1 me',
      "shout v2 all",
    ]);
    expect(admin.seen).toEqual([
      "connect",
      "hello v0 {} new me",
      "connect",
      "hello v1 {} 1 me",
      "connect",
      "hello v2 {} 1 me",
    ]);
    // For the server a session ends, and another one begins.
    expect(server.logs.text()).toContain("v0 disconnect / transport close");
    expect(server.logs.text()).toContain("v1 disconnect /admin transport close");
    // The new version can send it away.
    client.socket.emit("kick");
    await client.until("disconnect io server disconnect");
  });

  test("that talks all the time gets each answer once, in order, bytes too", async () => {
    await using server = await start(app("v0"));
    using client = Client.open(server, options);
    await client.isUp();
    const got: number[] = [];
    client.socket.on("echo", (_version: string, it: number | { readonly bytes: Uint8Array }) => {
      got.push(typeof it === "number" ? it : Buffer.from(it.bytes).readUInt32LE());
    });
    const over = new AbortController();
    let count = 0;
    const talk = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const at = count++;
        const bytes = Buffer.alloc(at % 6 === 0 ? 70_000 : 4);
        bytes.writeUInt32LE(at);
        client.socket.emit("echo", at % 3 === 0 ? { bytes, more: Buffer.from("more") } : at);
        await Bun.sleep(at % 7);
      }
    };
    const talked = talk();
    for (const version of ["v1", "v2"]) await reloadTo(server, app(version));
    over.abort();
    await talked;
    await client.until(/^echo/, count);
    expect(got).toEqual(Array.from({ length: count }, (_, at) => at));
    expect(count).toBeGreaterThan(20);
    expect(client.seen.filter((words) => !words.startsWith("echo"))).toEqual([
      "connect",
      "hello v0 {} new",
      "connect",
      "hello v1 {} 1",
      "connect",
      "hello v2 {} 1",
    ]);
  });

  test("gets the answer that it waits for, and gives the one that is waited for, before it moves", async () => {
    await using server = await start(app("v0"));
    using client = Client.open(server, options);
    await client.isUp();
    client.socket.on("question", async (answer: (it: string) => void) => {
      await Bun.sleep(600);
      answer("mine");
    });
    client.socket.emit("ask");
    const slow = client.socket.emitWithAck("slow", 700);
    await reloadTo(server, app("v1"));
    expect(await slow).toBe("v0");
    expect(client.seen).toContain("answered v0 mine");
    expect(await client.socket.emitWithAck("slow", 0)).toBe("v1");
    expect(client.seen).not.toContain("disconnect transport close");
  });
});

describe.concurrent.each(APPS)(
  "a session %s that cannot go on in the new version is closed, and begins anew",
  (_where, app) => {
    test("if an answer takes longer than 2 s: who waits for it hears that", async () => {
      await using server = await start(app("v0"));
      using client = Client.open(server, WEBSOCKET);
      await client.isUp();
      const slow = client.socket.emitWithAck("slow", 4000).catch((error: Error) => error.message);
      const line = await reloadTo(server, app("v1"));
      expect(line).toEndWith("; 1 closed: of which somebody waits for an answer");
      expect(await slow).toBe("socket has been disconnected");
      await client.until(/^hello v1 .* new$/);
    });

    test("if the new version does not take its old credentials: it gives others", async () => {
      const once = {
        nsp: "const used = new Set(); nsp.use(({ handshake: { auth, headers } }, next) => next(headers['pounce-resume'] ? new Error('old ticket') : undefined));",
      };
      await using server = await start(app("v0", {}, once));
      let ticket = 0;
      const auth: SocketOptions["auth"] = (give) => give({ ticket: ticket++ });
      using client = Client.open(server, { ...WEBSOCKET, auth });
      await client.isUp();
      const line = await reloadTo(server, app("v1", {}, once));
      expect(line).toContain("not upgraded there (socket.io does not let it into /: old ticket)");
      await client.until(/^hello v1/);
      expect(client.seen).toEqual([
        "connect",
        'hello v0 {"ticket":0} new',
        "disconnect transport close",
        "connect",
        'hello v1 {"ticket":1} new',
      ]);
    });

    test("if the app does not want any that has moved", async () => {
      const allow = "if (request.headers.has('pounce-resume')) throw 'not again';";
      await using server = await start(app("v0", {}, { allow }));
      using client = Client.open(server, WEBSOCKET);
      await client.isUp();
      const line = await reloadTo(server, app("v1", {}, { allow }));
      expect(line).toMatch(/1 closed: not upgraded there \(it answered 40[03]\)/);
      await client.until(/^hello v1 .* new$/);
      expect(client.seen).toContain("disconnect transport close");
    });

    test("if its client would not wait for the pings of the new version", async () => {
      await using server = await start(app("v0", { pingInterval: 2000, pingTimeout: 1000 }));
      using client = Client.open(server, WEBSOCKET);
      await client.isUp();
      const line = await reloadTo(server, app("v1", { pingInterval: 3000, pingTimeout: 1000 }));
      expect(line).toContain("it pings each 3000 ms, its client waits for 3000 ms");
      await client.until(/^hello v1 .* new$/);
    });
  },
);

test.concurrent("a session of Engine.IO without socket.io is closed", async () => {
  const raw = `
import { Server as Engine } from "@socket.io/bun-engine";
const engine = new Engine({ path: "/engine.io/" });
engine.on("connection", (socket) => socket.on("data", (it) => socket.write(it)));
export default { ...engine.handler() };`;
  await using server = await start(raw);
  const path = "/engine.io/?EIO=4&transport=websocket";
  await using client = await RawWebSocket.open({ port: portOf(server), path });
  expect(await client.text()).toStartWith("0{");
  client.send("4hello");
  expect(await client.text()).toBe("4hello");
  const line = await reloadTo(server, `${raw}\n`);
  expect(line).toContain("0 WebSocket(s) moved to other workers; 1 closed: ");
  expect((await client.next()).opcode).toBe(CLOSE);
});

test.concurrent.each(APPS)(
  "%s no client misses a ping, however soon it expects one",
  async (_where, app) => {
    const pings = { pingInterval: 800, pingTimeout: 1000 };
    await using server = await start(app("v0", pings));
    const clients = Array.from({ length: 16 }, (_, at) =>
      Client.open(server, at % 2 === 0 ? WEBSOCKET : {}),
    );
    for (const client of clients) {
      await client.isUp();
      await Bun.sleep(40);
    }
    for (const version of ["v1", "v2"]) await reloadTo(server, app(version, pings));
    await Bun.sleep(2500);
    for (const client of clients) {
      expect(client.seen.filter((it) => !it.startsWith("hello"))).toEqual([
        "connect",
        "connect",
        "connect",
      ]);
      client[Symbol.dispose]();
    }
  },
);

test.concurrent.each(APPS)(
  "%s one that is about to get its WebSocket moves when it has got it",
  async (_where, app) => {
    await using server = await start(app("v0"));
    const base = `http://127.0.0.1:${portOf(server)}/socket.io/?EIO=4&transport=`;
    const sid = /"sid":"([^"]+)"/.exec(await (await fetch(`${base}polling`)).text())?.[1];
    const polling = `${base}polling&sid=${sid}`;
    await fetch(polling, { method: "POST", body: '40{"token":"mine"}' });
    expect(await (await fetch(polling)).text()).toMatch(/^40{"sid":.*42\["hello","v0"/);
    const path = `/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
    await using client = await RawWebSocket.open({ port: portOf(server), path });
    client.send("2probe");
    expect(await client.text()).toBe("3probe");
    await server.writeApp(app("v1"));
    const { after } = await server.steer();
    await Bun.sleep(500);
    client.send("5");
    await server.waitForLog(/ 1 WebSocket\(s\) moved to other workers$/, { after });
    expect(await client.text()).toBe("2");
    expect(await client.text()).toStartWith('40{"sid":');
    expect(await client.text()).toBe('42["hello","v1",{"token":"mine"},"1",""]');
  },
);
