// `limits.min_upload_rate`, which is averaged over 30 s, with clients of every kind at the same
// time: only those that are too slow, and have more to send, get 408.
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { readReply, RawSocket, type Reply } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const CONFIG = { control_socket: "control.sock", workers: 1, keep_alive_timeout: 10 };
const TIMEOUT_MS = 120_000;

const APP = `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/late") await Bun.sleep(50_000);
    const bytes = (await request.bytes()).length;
    if (pathname === "/think") await Bun.sleep(50_000);
    return new Response(String(bytes));
  },
};`;

const PROGRAM = `import { createServer } from "node:http";
createServer(async (request, response) => {
  if (request.url === "/late") await Bun.sleep(50_000);
  let bytes = 0;
  for await (const part of request) bytes += part.length;
  if (request.url === "/think") await Bun.sleep(50_000);
  response.end(String(bytes));
}).listen(3000);`;

interface Upload {
  readonly path: string;
  /** What is sent at once, after the first line. */
  readonly head: string;
  /** What is sent each second after that, and how often. */
  readonly parts?: readonly [part: string, times: number];
  /** What the client gets. */
  readonly status: number;
  readonly text?: string;
}

const x = (bytes: number): string => "x".repeat(bytes);
const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${x(bytes)}\r\n`;
const length = (bytes: number): string => `Content-Length: ${bytes}\r\n\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

const UPLOADS: Record<string, Upload> = {
  "a slow one": { path: "/", head: length(60_000), parts: [x(500), 60], status: 408 },
  "one that stops after the head": { path: "/", head: length(1000), status: 408 },
  "one that stops after 100 Continue": {
    path: "/",
    head: `Expect: 100-continue\r\n${length(1000)}`,
    status: 408,
  },
  "a slow one in chunks": { path: "/", head: CHUNKED, parts: [chunk(500), 60], status: 408 },
  "one above the rate": {
    path: "/",
    head: length(90_000),
    parts: [x(1500), 60],
    status: 200,
    text: "90000",
  },
  "one above the rate, in chunks": {
    path: "/",
    head: `${CHUNKED}`,
    parts: [chunk(1500), 60],
    status: 200,
    text: "90000",
  },
  "a short one, and a handler that thinks": {
    path: "/think",
    head: length(10) + x(10),
    status: 200,
    text: "10",
  },
  "short chunks, and a handler that thinks": {
    path: "/think",
    head: `${CHUNKED}${chunk(10)}0\r\n\r\n`,
    status: 200,
    text: "10",
  },
  "one that waits for the handler to read": {
    path: "/late",
    head: length(12_000_000) + x(12_000_000),
    status: 200,
    text: "12000000",
  },
};

async function upload({ port }: ServerProcess, { path, head, parts }: Upload): Promise<Reply> {
  using socket = await RawSocket.connect("127.0.0.1", port);
  socket.send(`POST ${path} HTTP/1.1\r\nHost: a\r\n${head}`);
  const [part = "", times = 0] = parts ?? [];
  for (let sent = 0; sent < times; sent++) {
    await Bun.sleep(1000);
    if (await socket.isReadable(performance.now())) break;
    socket.send(part);
  }
  if (times > 0 && head === CHUNKED) socket.send("0\r\n\r\n");
  if (head.startsWith("Expect")) await socket.take(25, performance.now() + 5000);
  return await readReply(socket, performance.now() + 60_000);
}

async function counted(server: ServerProcess): Promise<number> {
  const unix = join(server.dir, "control.sock");
  const text = await (await fetch("http://pounce/metrics", { unix })).text();
  return Number(/pounce_http_rejected_total\{reason="upload_rate"\} (\d+)/.exec(text)?.[1]);
}

describe.each([
  ["fetch", APP],
  ["node:http", PROGRAM],
])("%s:", (_, app) => {
  test(
    "who is too slow gets 408 and is counted, and nobody else",
    async () => {
      await using server = await startPounce({ app, config: CONFIG });
      const found = await Promise.all(
        Object.entries(UPLOADS).map(async ([name, one]) => {
          const { status, text } = await upload(server, one);
          return [name, status, status === 200 ? text : undefined];
        }),
      );
      const expected = Object.entries(UPLOADS).map(([name, { status, text }]) => [
        name,
        status,
        text,
      ]);
      expect(found).toEqual(expected);
      expect(await counted(server)).toBe(4);
      expect(server.logs.text()).not.toContain("[ERROR]");
    },
    TIMEOUT_MS,
  );
});
