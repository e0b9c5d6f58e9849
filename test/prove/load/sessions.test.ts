// Each mode against servers that lose in one known way each, and against good ones, which lose
// nothing: all that is proven with these clients rests on that.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Socket } from "bun";
import type { Endpoint } from "../../../src/prove/load/endpoint.ts";
import { LOSS_KINDS, type LossKind } from "../../../src/prove/load/loss.ts";
import type { Mode } from "../../../src/prove/load/plan.ts";
import { lossesOf, type ModeResult } from "../../../src/prove/load/result.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { runMode } from "../../helpers/prove/run-mode.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

type Behaviour = (socket: Socket<{ times: number }>, text: string) => void;

/** A server that does the same to whoever sends it something, and may do something at once. */
function misbehaving(
  onData: Behaviour,
  onOpen: (socket: Socket<{ times: number }>) => void = () => {},
) {
  const server = Bun.listen<{ times: number }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => {
        socket.data = { times: 0 };
        onOpen(socket);
      },
      data: (socket, bytes) => {
        socket.data.times += 1;
        onData(socket, bytes.toString());
      },
    },
  });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}

function isLost(result: ModeResult): boolean {
  return lossesOf(result) > 0;
}

function isOver(result: ModeResult): boolean {
  return isLost(result) || Object.keys(result.sentAway).length > 0;
}

/** Each kind of loss that there was. */
function kindsOf({ lost }: ModeResult): LossKind[] {
  return LOSS_KINDS.filter((kind) => lost[kind] > 0);
}

const OK = "HTTP/1.1 200 OK\r\n";
const HELLO = `${OK}Content-Length: 5\r\n\r\nhello`;
const UNAVAILABLE = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
const CHUNKS = "Transfer-Encoding: chunked\r\n\r\n6\r\ndata: \r\n";

const NOTHING = "says nothing";

/** One that was free a moment ago may be given to another server of these tests. */
const NOBODYS_PORT = 1;

const LOSSES: readonly (readonly [string, LossKind, Behaviour])[] = [
  ["resets", "reset", (it) => it.terminate()],
  ["closes without an answer", "cut", (it) => it.end()],
  ["closes within the head", "cut", (it) => it.end(OK)],
  ["closes within a body", "cut", (it) => it.end(HELLO.slice(0, -1))],
  ["closes within chunks", "cut", (it) => it.end(`${OK}${CHUNKS}`)],
  ["answers 503", "wrong", (it) => it.write(UNAVAILABLE)],
  ["speaks something else", "wrong", (it) => it.write("SSH-2.0-OpenSSH_9.2\r\n")],
  [NOTHING, "timeout", () => {}],
];

const REQUESTS: readonly Mode[] = [
  "connection",
  "keep-alive",
  "thinking",
  "silent",
  "slow-head",
  "post",
  "slow-upload",
  "slow-download",
];
const ALL: readonly Mode[] = [...REQUESTS, "sse", "websocket"];

/** The kinds of losses in a mode, by what the server does. */
async function seenIn(mode: Mode): Promise<Record<string, LossKind[]>> {
  const status = mode === "websocket" ? 101 : 200;
  const seen = LOSSES.map(async ([name, , behaviour]) => {
    using server = misbehaving(behaviour);
    const timeoutMs = name === NOTHING ? 200 : 10_000;
    const result = await runMode(mode, { port: server.port, status, timeoutMs });
    expect(lossesOf(result)).toBe(result.requests);
    expect(result.firstLosses.length).toBeGreaterThan(0);
    return [name, kindsOf(result)];
  });
  const refused = runMode(mode, { port: NOBODYS_PORT });
  return Object.fromEntries([
    ...(await Promise.all(seen)),
    ["does not listen", kindsOf(await refused)],
  ]);
}

// All at once, as some modes take their time.
const seen = Promise.all(ALL.map(async (mode) => [mode, await seenIn(mode)] as const));

test.concurrent.each(ALL)("the mode %s sees what a server loses", async (mode) => {
  const expected = Object.fromEntries(LOSSES.map(([name, kind]) => [name, [kind]]));
  expected["does not listen"] = ["refused"];
  // Its handshake has no body that could be cut: that there is one is refusal enough.
  if (mode === "websocket") {
    expected["closes within a body"] = ["wrong"];
    expected["closes within chunks"] = ["wrong"];
  }
  expect(new Map(await seen).get(mode)).toEqual(expected);
});

describe("a kept connection", () => {
  const second =
    (end: Behaviour): Behaviour =>
    (socket, text) =>
      socket.data.times === 1 ? socket.write(HELLO) : end(socket, text);

  test.concurrent.each([
    ["closed", "cut", (it) => it.end()],
    ["reset", "reset", (it) => it.terminate()],
  ] as const satisfies readonly (readonly [string, LossKind, Behaviour])[])(
    "that is %s as the next request is sent has lost that request",
    async (how, kind, end) => {
      using server = misbehaving(second(end));
      const result = await runMode("keep-alive", { port: server.port, isEnough: isLost });
      expect(kindsOf(result)).toEqual([kind]);
      expect(result.firstLosses[0]).toMatchObject({ words: `${how} as the request was sent` });
    },
  );

  test.concurrent("that is closed between requests has lost none", async () => {
    using server = misbehaving((it) => void it.end(HELLO));
    const result = await runMode("thinking", {
      port: server.port,
      isEnough: ({ closedIdle }) => closedIdle > 1,
    });
    // By chance it closes just as the next request is sent.
    const raced = "closed as the request was sent";
    expect(result.firstLosses.filter(({ words }) => words !== raced)).toEqual([]);
    expect(result.requests).toBeGreaterThan(1);
  });

  test.concurrent("that the server says it closes is not used again", async () => {
    using server = misbehaving((it) => {
      it.end(HELLO.replace("Content", "Connection: close\r\nContent"));
    });
    const result = await runMode("keep-alive", {
      port: server.port,
      isEnough: ({ requests }) => requests > 5,
    });
    expect(result).toMatchObject({ closedIdle: 0 });
    expect(lossesOf(result)).toBe(0);
  });

  test.concurrent("on which bytes come that answer nothing is wrong", async () => {
    using server = misbehaving((it) => void it.write(`${HELLO}${HELLO}`));
    const result = await runMode("keep-alive", { port: server.port });
    expect(result.firstLosses[0]).toMatchObject({ kind: "wrong" });
  });
});

test.concurrent("a silent connection that is reset before its request is lost", async () => {
  using server = misbehaving(
    () => {},
    (it) => void setTimeout(() => it.terminate()),
  );
  const result = await runMode("silent", { port: server.port });
  expect(kindsOf(result)).toEqual(["reset"]);
});

test.concurrent("an upload that is answered before its end is no loss", async () => {
  const early = HELLO.replace("200 OK", "413 Too Large").replace(
    "Content",
    "Connection: close\r\nContent",
  );
  using server = misbehaving((it) => {
    if (it.data.times === 1) it.end(early);
  });
  const result = await runMode("slow-upload", { port: server.port, status: 413 });
  expect(lossesOf(result)).toBe(0);
});

const pair = makeCertificate();
const folder = mkdtempSync(join(tmpdir(), "pounce-sessions-"));
afterAll(() => rmSync(folder, { recursive: true }));
let sockets = 0;

type Transport = "TCP" | "TLS" | "a Unix socket";

/** A good app, with how often it has been asked. */
function good(status = 200, transport: Transport = "TCP") {
  const asked = { times: 0 };
  sockets += 1;
  const path = join(folder, `${sockets}.sock`);
  const { cert, key } = pair;
  const server = Bun.serve({
    ...(transport === "a Unix socket" ? { unix: path } : { hostname: "127.0.0.1", port: 0 }),
    ...(transport === "TLS" ? { tls: { cert, key } } : {}),
    fetch: async (request: Request, it: Bun.Server<undefined>) => {
      const { pathname } = new URL(request.url);
      asked.times += 1;
      if (pathname === "/websocket") return it.upgrade(request) ? undefined : new Response();
      if (pathname === "/sse") return new Response(events(), { headers: EVENT_STREAM });
      if (pathname === "/slow-download") return new Response(Buffer.alloc(2 ** 20));
      await request.arrayBuffer();
      return new Response("hello", { status });
    },
    websocket: { message: () => {}, open: (socket) => void socket.send("welcome") },
  });
  const port = server.port ?? 0;
  const tcp = { host: "127.0.0.1", port };
  const endpoints: Readonly<Record<Transport, Endpoint>> = {
    TCP: tcp,
    TLS: { ...tcp, tls: { ca: cert } },
    "a Unix socket": { path },
  };
  const endpoint = endpoints[transport];
  return { port, endpoint, asked, [Symbol.dispose]: () => void server.stop(true) };
}

const EVENT_STREAM = { "Content-Type": "text/event-stream" };

/** Events that nobody ends. */
function events(): ReadableStream {
  return new ReadableStream({ start: (controller) => controller.enqueue("data: one\n\n") });
}

describe("a good server", () => {
  const transports = ["TCP", "TLS", "a Unix socket"] as const;
  const everywhere = transports.flatMap((one) => ALL.map((mode) => [one, mode] as const));
  test.concurrent.each(everywhere)("over %s loses nothing in the mode %s", async (one, mode) => {
    using server = good(200, one);
    const status = mode === "websocket" ? 101 : 200;
    const isEnough = (): boolean => server.asked.times > 0;
    const how = { endpoint: server.endpoint, path: `/${mode}`, status, isEnough };
    const result = await runMode(mode, how);
    expect(result.firstLosses).toEqual([]);
    expect(lossesOf(result)).toBe(0);
    expect(result.requests).toBeGreaterThan(0);
    expect(result.p50Ms).toBeLessThanOrEqual(result.p99Ms);
    expect(result).toMatchObject({ sentAway: {}, closedIdle: 0, noPort: 0 });
  });

  test.concurrent.each(REQUESTS)("may answer what it has always answered: %s", async (mode) => {
    using server = good(401);
    const path = mode === "slow-download" ? "/" : `/${mode}`;
    const result = await runMode(mode, { port: server.port, path, status: 401 });
    expect(lossesOf(result)).toBe(0);
  });
});

describe("an event stream", () => {
  const stream = `${OK}Content-Type: text/event-stream\r\n${CHUNKS}`;

  test.concurrent("that ends without the end of its chunks is cut", async () => {
    using server = misbehaving((it) => {
      it.write(stream);
      setTimeout(() => it.end(), 20);
    });
    const result = await runMode("sse", { port: server.port });
    expect(kindsOf(result)).toEqual(["cut"]);
    expect(lossesOf(result)).toBe(result.requests);
  });

  test.concurrent("that the server ends is none", async () => {
    using server = misbehaving((it) => void it.write(`${stream}2\r\n\n\n\r\n0\r\n\r\n`));
    const result = await runMode("sse", { port: server.port });
    expect(lossesOf(result)).toBe(0);
    expect(result.sentAway).toEqual({ "the server ended the stream": result.requests });
  });

  const withoutLength = `${OK}Content-Type: text/event-stream\r\n\r\ndata: 1\n\ndata: `;
  test.concurrent.each([`${stream}0\r\n\r\n`, withoutLength])(
    "that ends within an event is cut",
    async (text) => {
      using server = misbehaving((it) => void it.end(text));
      const { lost, requests } = await runMode("sse", { port: server.port });
      expect(lost.cut).toBe(requests);
    },
  );
});

/** The pong to a client's ping of up to 125 bytes. */
function pongTo(ping: Uint8Array): Buffer {
  const payload = ping.subarray(6).map((byte, index) => byte ^ (ping[2 + (index % 4)] ?? 0));
  return Buffer.concat([Buffer.from([0x8a, payload.length]), payload]);
}

/** The answer to a WebSocket's handshake. */
function accepted(text: string): string {
  const key = /^sec-websocket-key: (.*)\r$/im.exec(text)?.[1] ?? "";
  const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = new Bun.CryptoHasher("sha1").update(key + guid).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

type Act = (socket: Bun.ServerWebSocket<undefined>) => void;

function webSockets(open: Act) {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, it) => (it.upgrade(request) ? undefined : new Response()),
    websocket: { message: () => {}, open },
  });
  return { port: server.port ?? 0, [Symbol.dispose]: () => void server.stop(true) };
}

describe("a WebSocket", () => {
  test.concurrent.each([
    ["is closed with 1012", (it) => it.close(1012), "closed with 1012"],
    ["is closed with 1001", (it) => it.close(1001, "going"), "closed with 1001"],
    ["is closed with a code of the app's", (it) => it.close(4000), "closed with 4000"],
  ] as const satisfies readonly (readonly [string, Act, string])[])(
    "that %s is sent away",
    async (_name, open, words) => {
      using server = webSockets((it) => void setTimeout(() => open(it), 20));
      const result = await runMode("websocket", {
        port: server.port,
        status: 101,
        isEnough: isOver,
      });
      expect(lossesOf(result)).toBe(0);
      expect(Object.keys(result.sentAway)).toEqual([words]);
    },
  );

  test.concurrent("that ends with the code of an error is wrong", async () => {
    using server = webSockets((it) => it.close(1011));
    const result = await runMode("websocket", { port: server.port, status: 101, isEnough: isOver });
    expect(kindsOf(result)).toEqual(["wrong"]);
    expect(result.firstLosses[0]).toMatchObject({ words: "closed with 1011" });
  });

  test.concurrent.each([
    ["closed without a close frame", "cut", (it) => it.end()],
    ["reset without a close frame", "reset", (it) => it.terminate()],
    ["nothing more after 0 bytes", "timeout", () => {}],
    ["a masked frame", "wrong", (it) => it.write(Buffer.from([0x8a, 0x80]))],
  ] as const satisfies readonly (readonly [string, LossKind, Behaviour])[])(
    "is lost with the words: %s",
    async (words, kind, onPing) => {
      using server = misbehaving((it, text) => {
        if (it.data.times === 1) it.write(accepted(text));
        else onPing(it);
      });
      const { port } = server;
      const how = { port, status: 101, timeoutMs: 200, isEnough: isLost };
      const result = await runMode("websocket", how);
      expect(kindsOf(result)).toEqual([kind]);
      expect(result.firstLosses[0]?.words).toContain(words);
    },
  );

  test.concurrent.each([
    ["closes", (it) => it.end()],
    ["resets", (it) => it.terminate()],
  ] as const satisfies readonly (readonly [string, (it: Socket<unknown>) => unknown])[])(
    "that the client has closed is not lost if the server just %s the connection",
    async (_name, onClose) => {
      const server = Bun.listen<{ isOpen: boolean }>({
        hostname: "127.0.0.1",
        port: 0,
        socket: {
          open: (socket) => void (socket.data = { isOpen: false }),
          data: (socket, bytes) => {
            if (!socket.data.isOpen) socket.write(accepted(bytes.toString()));
            else if (bytes[0] === 0x89) socket.write(pongTo(bytes));
            else onClose(socket);
            socket.data.isOpen = true;
          },
        },
      });
      const result = await runMode("websocket", { port: server.port, status: 101 });
      server.stop(true);
      expect(lossesOf(result)).toBe(0);
    },
  );

  test.concurrent("with another one's handshake is wrong", async () => {
    using server = misbehaving((it) => void it.write(accepted("")));
    const result = await runMode("websocket", { port: server.port, status: 101, isEnough: isLost });
    expect(kindsOf(result)).toEqual(["wrong"]);
  });
});
