// A WebSocket that has moved answers all that a client may send as one does that was opened there:
// what RFC 6455 allows and what it forbids, byte by byte.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { isUnix } from "../../src/net/address.ts";
import { BINARY, CLOSE, clientFrame, PING, PONG, TEXT } from "../helpers/raw-websocket.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(60_000);
afterAll(stopAllServers);

const CONTINUATION = 0;
const MOST = 100_000;

const APPS: Readonly<Record<string, string>> = {
  "a WebSocket": `export default {
    fetch: (request, server) => server.upgrade(request) ? undefined : new Response(),
    websocket: {
      maxPayloadLength: ${MOST},
      message: (ws, message) => void ws.send(message),
    },
  };`,
  "one of ws on node:http": `import { createServer } from "node:http";
  import { WebSocketServer } from "ws";
  const server = createServer();
  new WebSocketServer({ server, maxPayload: ${MOST} }).on("connection", (ws) => {
    ws.on("message", (message, isBinary) => ws.send(message, { binary: isBinary }));
    ws.on("error", () => undefined);
  });
  server.listen(3000);`,
};

const withBits = (frame: Buffer, bits: number): Buffer => {
  frame[0] = (frame[0] ?? 0) | bits;
  return frame;
};
const closing = (code: number, reason = ""): Buffer =>
  clientFrame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));

/** What a client sends. Each ends with a ping, so that an answer ends, too. */
const CASES: Readonly<Record<string, readonly Buffer[]>> = {
  "an empty text": [clientFrame(TEXT, "")],
  "125, 126 and 127 bytes": [125, 126, 127].map((size) => clientFrame(TEXT, "x".repeat(size))),
  "65,535 and 65,536 bytes": [65_535, 65_536].map((size) =>
    clientFrame(BINARY, Buffer.alloc(size, 7)),
  ),
  "more than the app takes": [clientFrame(BINARY, Buffer.alloc(MOST + 1))],
  "fragments with pings between them": [
    clientFrame(TEXT, "fir", false),
    clientFrame(PING, "one"),
    clientFrame(CONTINUATION, "st", false),
    clientFrame(PING, "two"),
    clientFrame(CONTINUATION, ""),
  ],
  "a frame byte by byte": [...clientFrame(TEXT, "slowly")].map((byte) => Buffer.from([byte])),
  "several frames at once": [
    Buffer.concat([clientFrame(TEXT, "a"), clientFrame(TEXT, "b"), clientFrame(PING, "c")]),
  ],
  "a pong that nobody asked for": [clientFrame(PONG, "unasked")],
  "a ping that is too long": [clientFrame(PING, "x".repeat(126))],
  "a ping in fragments": [clientFrame(PING, "p", false)],
  "a continuation of nothing": [clientFrame(CONTINUATION, "lost")],
  "a message within a message": [clientFrame(TEXT, "a", false), clientFrame(TEXT, "b")],
  "a frame without a mask": [Buffer.from([0x81, 2, 104, 105])],
  "reserved bits": [withBits(clientFrame(TEXT, "a"), 0x40)],
  "a reserved opcode": [clientFrame(3, "a")],
  "a reserved control opcode": [clientFrame(11, "a")],
  "valid UTF-8": [clientFrame(TEXT, "κόσμε 🎉")],
  "invalid UTF-8": [clientFrame(TEXT, Buffer.from([0xce, 0xba, 0xff]))],
  "UTF-8 that is cut within a character": [
    clientFrame(TEXT, Buffer.from([0xf0, 0x9f]), false),
    clientFrame(CONTINUATION, Buffer.from([0x8e, 0x89])),
  ],
  "a length that is not the shortest": [Buffer.from([0x81, 0xfe, 0, 1, 1, 2, 3, 4, 96])],
  "a close": [closing(1000, "bye")],
  "a close without a code": [clientFrame(CLOSE, "")],
  "a close with half a code": [clientFrame(CLOSE, "x")],
  "a close with a code of an app": [closing(4321)],
  "a close with a code that nobody may send": [closing(1005)],
  "a close with invalid UTF-8": [
    clientFrame(CLOSE, Buffer.concat([Buffer.from([3, 232]), Buffer.from([0xff])])),
  ],
};

/** Opens a WebSocket. What comes on it is kept, without the answer to the handshake. */
class Peer {
  #bytes = Buffer.alloc(0);
  #isEnded = false;
  #wake = Promise.withResolvers<void>();

  private constructor(readonly socket: Socket) {
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake.resolve();
    });
    socket.on("close", () => {
      this.#isEnded = true;
      this.#wake.resolve();
    });
  }

  static async open(port: number): Promise<Peer> {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setNoDelay(true);
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${upgrade}${key}\r\n`);
    await once(socket, "data");
    return new Peer(socket);
  }

  /** What is answered to all of it, until the answer to a last ping, or the end. */
  async answers(parts: readonly Buffer[]): Promise<string> {
    for (const part of parts) {
      this.socket.write(part);
      await Bun.sleep(1);
    }
    this.socket.write(clientFrame(PING, "the end"));
    while (!this.#isEnded && !this.#bytes.includes("the end")) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
      if (this.#isEnded) this.#wake.resolve();
    }
    this.socket.destroy();
    return `${this.#bytes.toString("hex")}${this.#isEnded ? ", closed" : ""}`;
  }
}

describe.each(Object.entries(APPS))(
  "%s that has moved twice answers as a new one:",
  (_what, app) => {
    let server: ServerProcess;
    let port = 0;
    const carried = new Map<string, Peer>();

    beforeAll(async () => {
      const config = { workers: 2, reload_timeout: 10, websocket: { on_reload: "carry" } };
      server = await startPounce({ app, config });
      if (isUnix(server.endpoint)) throw new Error("it listens on a Unix socket");
      ({ port } = server.endpoint);
      for (const name of Object.keys(CASES)) carried.set(name, await Peer.open(port));
      await server.reload();
      const { lines } = await server.reload();
      const moved = lines.map((line) =>
        Number(/: (\d+) WebSocket\(s\) moved to/.exec(line)?.[1] ?? 0),
      );
      expect(moved.reduce((a, b) => a + b, 0)).toBe(carried.size);
    });

    test.concurrent.each(Object.entries(CASES))("%s", async (name, parts) => {
      const fresh = await Peer.open(port);
      const peer = carried.get(name);
      if (peer === undefined) throw new Error("it was not opened");
      const [expected, got] = await Promise.all([fresh.answers(parts), peer.answers(parts)]);
      expect(got).toBe(expected);
    });
  },
);
