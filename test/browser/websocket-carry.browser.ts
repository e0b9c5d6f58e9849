// WebSockets that move to the new version at a reload, with clients that nobody here wrote:
// Chromium, `ws`, and the `websockets` of Python. None of them notices anything.
// bun test ./test/browser/websocket-carry.browser.ts
// packages: chromium, python3-websockets
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Browser } from "../helpers/browser.ts";
import { nodeModules } from "../helpers/fixtures.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(60_000);

const app = (version: string): string => `export default {
  fetch: (request, server) => server.upgrade(request)
    ? undefined
    : new Response("page", { headers: { "content-type": "text/html" } }),
  websocket: { message: (socket, text) => void socket.send("${version} " + text) },
};`;

/** One connection. */
interface Talk {
  /** What is answered to a text. Rejects if the connection has ended. */
  readonly ask: (text: string) => Promise<string>;
}

let browser: Browser;
beforeAll(async () => {
  browser = await Browser.start();
});
afterAll(async () => {
  await browser.end();
  await stopAllServers();
});

async function inChromium(port: number): Promise<Talk> {
  const page = await browser.open();
  await page.go(`http://127.0.0.1:${port}/`);
  await page.shows("page");
  await page.value(`void (
    got = [],
    socket = new WebSocket("ws://127.0.0.1:${port}/"),
    socket.onmessage = ({ data }) => got.push(data),
    socket.onclose = ({ code }) => got.push("closed with " + code)
  )`);
  await until("open", async () => (await page.value("socket.readyState")) === 1);
  let count = 0;
  return {
    async ask(text) {
      await page.value(`socket.send(${JSON.stringify(text)})`);
      await until("an answer", async () => Number(await page.value("got.length")) > count);
      return String(await page.value(`got[${count++}]`));
    },
  };
}

/** The package itself: by its name one gets Bun's own. */
async function byWs(port: number): Promise<Talk> {
  const { WebSocket } = await import(`${nodeModules}/ws/wrapper.mjs`);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return {
    ask: (text) =>
      new Promise((resolve, reject) => {
        socket.once("message", (data: Buffer) => resolve(String(data)));
        socket.once("close", (code: number) => reject(new Error(`closed with ${code}`)));
        socket.send(text);
      }),
  };
}

const PYTHON = `
import asyncio, sys, websockets
async def main():
    loop = asyncio.get_running_loop()
    async with websockets.connect("ws://127.0.0.1:" + sys.argv[1] + "/") as socket:
        print("open", flush=True)
        while True:
            line = await loop.run_in_executor(None, sys.stdin.readline)
            if not line:
                return
            await socket.send(line.strip())
            print(await socket.recv(), flush=True)
asyncio.run(main())
`;

async function byPython(port: number): Promise<Talk> {
  // Debian's own, whatever else is in the path: the package belongs to it.
  const child = Bun.spawn(["/usr/bin/python3", "-c", PYTHON, String(port)], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const decoder = new TextDecoder();
  const reader = child.stdout.getReader();
  let text = "";
  const line = async (): Promise<string> => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the connection has ended");
      text += decoder.decode(value, { stream: true });
    }
    const [first = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return first;
  };
  expect(await line()).toBe("open");
  return {
    async ask(words) {
      child.stdin.write(`${words}\n`);
      await child.stdin.flush();
      return line();
    },
  };
}

test.each([
  ["Chromium", inChromium],
  ["ws", byWs],
  ["the websockets of Python", byPython],
] as const)("%s stays connected over two reloads", async (_name, connect) => {
  const config = {
    workers: 2,
    websocket: { on_reload: "carry" },
    // Chromium opens a connection more than it needs, which a drain waits for.
    limits: { header_timeout: 1 },
  };
  await using server = await startPounce({ app: app("v0"), config });
  const { ask } = await connect(server.port);
  expect(await ask("a")).toBe("v0 a");
  for (const version of ["v1", "v2"]) {
    await server.writeApp(app(version));
    await server.reload();
    expect(await ask("b")).toBe(`${version} b`);
  }
});
