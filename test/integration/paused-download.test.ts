// A response that is being sent is not idle, whoever serves it: a client may pause a download for
// any time.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { startLoad, expectNoLoss } from "../helpers/load.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const LENGTH = 12_000_000;
const APP = `
import page from "./page.html";
const big = new Uint8Array(${LENGTH}).fill(65);
export default {
  routes: {
    "/static": new Response(big),
    "/method": { GET: new Response(big) },
    "/file": Bun.file("./big.bin"),
    "/page": page,
    "/upload": async (request) => new Response("got " + (await request.text())),
    "/function": () => new Response(big),
    "/async": async () => new Response(Bun.file("./big.bin")),
  },
  fetch: ({ url }) => new Response(
    url.endsWith("/fetch") ? big : "hello from v0",
    { headers: { "x-version": "v0" } },
  ),
};
`;
const PATHS = ["/static", "/method", "/file", "/page", "/function", "/async", "/fetch"];

async function prepare(dir: string): Promise<void> {
  await Bun.write(join(dir, "big.bin"), new Uint8Array(LENGTH).fill(65));
  await Bun.write(join(dir, "page.html"), `<!doctype html><p>${"A".repeat(LENGTH)}</p>`);
}

/** A client that has read the head, and reads no more for now. */
async function pausedDownload(port: number, path: string): Promise<Wire> {
  return (await Wire.open({ host: "127.0.0.1", port })).getAndPause(path);
}

test.concurrent(
  "what pauses over keep_alive_timeout and over a reload is whole in the end, of each kind of route",
  async () => {
    const config = { keep_alive_timeout: 1, reload_timeout: 20, workers: 1 };
    await using server = await startPounce({ app: APP, config, prepare });
    const { port } = server;
    const load = startLoad({ port, modes: ["keep-alive", "connect"], clients: 8 });
    const wires = await Promise.all(PATHS.map((path) => pausedDownload(port, path)));
    // So does an upload that pauses, before the body and within it.
    const uploads = await Promise.all(
      ["", "8 "].map(async (begin) => {
        const wire = await Wire.open({ host: "127.0.0.1", port });
        const head = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n";
        return [wire.send(head + begin), "8 bytes.".slice(begin.length)] as const;
      }),
    );
    // A bystander that is idle is closed as ever.
    using bystander = await Wire.open({ host: "127.0.0.1", port });
    bystander.get("/");
    const { after } = await server.steer();
    expect(await bystander.ended).toBe("eof");
    await Bun.sleep(5_500);
    for (const [wire, rest] of uploads) {
      await wire.send(rest).until(({ text }) => text.endsWith("got 8 bytes."));
    }
    for (const wire of wires) wire.resume();
    for (const [index, wire] of wires.entries()) {
      await wire.until((it) => it.isWhole);
      expect([PATHS[index], wire.isWhole]).toEqual([PATHS[index], true]);
      expect(wire.length).toBeGreaterThan(LENGTH);
      wire.socket.destroy();
    }
    const receipt = await server.waitForLog(/Receipt .*"generation":1/, { after });
    expect(receipt).toContain('"forced":0,"forced_requests":[]');
    expectNoLoss(await load.stop());
  },
  90_000,
);

test.concurrent(
  "one that is cut at the deadline is forced, not idle, and the receipt says so; what is idle is not",
  async () => {
    const config = { keep_alive_timeout: 60, reload_timeout: 2, workers: 1 };
    await using server = await startPounce({ app: APP, config, prepare });
    const { port } = server;
    using cut = await pausedDownload(port, "/static");
    using half = await Wire.open({ host: "127.0.0.1", port });
    using idle = await Wire.open({ host: "127.0.0.1", port });
    await idle.get("/").until(({ text }) => text.endsWith("hello from v0"));
    await half.get("/").until(({ text }) => text.endsWith("hello from v0"));
    // The kernel's clock ticks every 4 ms or so: in the same tick it could not be told from an
    // answered request.
    await Bun.sleep(20);
    half.send("GET / HTTP/1.1\r\nHo");
    const { lines } = await server.reload();
    const receipt = lines.find((line) => line.includes("Receipt")) ?? "";
    const { requests, connections } = JSON.parse(receipt.slice(receipt.indexOf("{")));
    const path = "(a static, file or HTML route)";
    expect(requests.forced_requests).toMatchObject([{ method: "GET", path }]);
    expect(connections).toEqual({ idle_closed: 1, forced: 2 });
    expect(await idle.ended).toBe("eof");
    cut.resume();
    expect(await cut.ended).toBe("eof");
    expect(cut.length).toBeLessThan(LENGTH);
    await half.ended;
  },
  60_000,
);

test.concurrent(
  "a stop that waits for no idle connections waits for paused downloads, half a request and uploads (closeIdleConnections)",
  async () => {
    const config = { keep_alive_timeout: 60, shutdown_timeout: 20, workers: 1 };
    await using server = await startPounce({ app: APP, config, prepare });
    const { port } = server;
    const to = { host: "127.0.0.1", port };
    const downloads = await Promise.all(PATHS.map((path) => pausedDownload(port, path)));
    const [half, idle, upload] = await Promise.all([1, 2, 3].map(() => Wire.open(to)));
    await idle?.get("/").until(({ text }) => text.endsWith("hello from v0"));
    await half?.get("/").until(({ text }) => text.endsWith("hello from v0"));
    half?.send("GET / HTTP/1.1\r\nHo");
    upload?.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n");
    const exit = (server.signal("SIGINT"), server.exited);
    expect(await idle?.ended).toBe("eof");
    half?.send("st: a\r\n\r\n");
    upload?.send("8 bytes.");
    for (const wire of downloads) wire.resume();
    await Promise.all(downloads.map((wire) => wire.until(({ isWhole }) => isWhole)));
    expect(downloads.map(({ isWhole }) => isWhole)).toEqual(PATHS.map(() => true));
    await Promise.all([half, upload].map((wire) => wire?.ended));
    expect(half?.text.match(/hello from v0/g)).toHaveLength(2);
    expect(upload?.text).toEndWith("got 8 bytes.");
    expect(await exit).toMatchObject({ code: 0 });
  },
  60_000,
);
