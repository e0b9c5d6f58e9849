// The codes with which pounce closes WebSockets, as clients see them that nobody here wrote:
// Chromium, `ws`, and the `websockets` of Python. Each answers the close frame, so that nothing is
// forced.
// bun test ./test/browser/websocket-close.browser.ts
// packages: chromium, python3-websockets
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Browser } from "../helpers/browser.ts";
import { nodeModules } from "../helpers/fixtures.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(60_000);

const BUN = `export default {
  fetch: (request, server) => server.upgrade(request)
    ? undefined
    : new Response("page", { headers: { "content-type": "text/html" } }),
  websocket: { message: (socket, text) => void socket.send(text) },
};`;
const WS = `import http from "node:http";
import { WebSocketServer } from "ws";
const server = http.createServer((request, response) => {
  response.setHeader("content-type", "text/html").end("page");
});
new WebSocketServer({ server });
server.listen(3000);`;

/** Connects, and resolves, when it is open, with what it will have been closed with. */
type Connect = (port: number) => Promise<{ readonly closed: () => Promise<string> }>;

let browser: Browser;
beforeAll(async () => {
  browser = await Browser.start();
});
afterAll(async () => {
  await browser.end();
  await stopAllServers();
});

const inChromium: Connect = async (port) => {
  const page = await browser.open();
  await page.go(`http://127.0.0.1:${port}/`);
  await page.shows("page");
  await page.value(`void (
    socket = new WebSocket("ws://127.0.0.1:${port}/"),
    socket.onclose = ({ code, reason, wasClean }) =>
      (ending = [code, reason, wasClean ? "clean" : "unclean"].join(" "))
  )`);
  await until("open", async () => (await page.value("socket.readyState")) === 1);
  return {
    async closed() {
      await until("closed", async () => (await page.value("typeof ending")) === "string");
      return String(await page.value("ending"));
    },
  };
};

/** The package itself: by its name one gets Bun's own. */
const byWs: Connect = async (port) => {
  const { WebSocket } = await import(`${nodeModules}/ws/wrapper.mjs`);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const closed = new Promise<string>((resolve) => {
    socket.on("close", (code: number, reason: Buffer) => resolve(`${code} ${reason} clean`));
  });
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return { closed: () => closed };
};

const PYTHON = `
import asyncio, sys, websockets
async def main():
    async with websockets.connect("ws://127.0.0.1:" + sys.argv[1] + "/") as socket:
        print("open", flush=True)
        try:
            await socket.recv()
        except websockets.ConnectionClosed as it:
            clean = it.rcvd is not None and it.sent is not None and it.rcvd_then_sent
            print(it.rcvd.code, it.rcvd.reason, "clean" if clean else "unclean", flush=True)
asyncio.run(main())
`;

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}

const byPython: Connect = async (port) => {
  // Debian's own, whatever else is in the path: the package belongs to it.
  const child = Bun.spawn(["/usr/bin/python3", "-c", PYTHON, String(port)], { stdout: "pipe" });
  const lines = linesOf(child.stdout);
  expect((await lines.next()).value).toBe("open");
  return { closed: async () => String((await lines.next()).value) };
};

const CLIENTS: [string, Connect][] = [
  ["Chromium", inChromium],
  ["ws", byWs],
  ["the websockets of Python", byPython],
];
/** Chromium opens a connection more than it needs, which a drain waits for. */
const LIMITS = { header_timeout: 1 };
const SERVERS = [
  ["Bun.serve", BUN],
  ["ws on node:http", WS],
] as const;
const REASONS: [string, number | undefined, (server: ServerProcess) => Promise<unknown>, string][] =
  [
    ["a reload", undefined, (server) => server.reload(), "1012 Service Restart clean"],
    [
      "a reload with a code of its own",
      4001,
      (server) => server.reload(),
      "4001 Service Restart clean",
    ],
    ["a stop", undefined, (server) => server.stop(), "1001 Going Away clean"],
  ];

for (const [name, connect] of CLIENTS) {
  for (const [kind, app] of SERVERS) {
    test.each(REASONS)(`${name} sees of ${kind} at %s`, async (_, code, act, expected) => {
      const websocket = code === undefined ? {} : { websocket: { close_code: code } };
      await using server = await startPounce({
        app,
        config: { workers: 1, limits: LIMITS, ...websocket },
      });
      const client = await connect(server.port);
      await act(server);
      expect(await client.closed()).toBe(expected);
      expect(server.logs.text()).not.toContain("[WARN]");
    });
  }
}
