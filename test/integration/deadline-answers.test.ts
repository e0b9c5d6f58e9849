// At the deadline the 503 goes to those who wait for an answer, and to nobody else.
import { afterAll, expect, test } from "bun:test";
import { startPounce, stopAllServers, type ServerProcess } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";
import { freePort } from "../helpers/ports.ts";

afterAll(stopAllServers);

const APP = `
const big = new Uint8Array(12_000_000).fill(65);
export default {
  routes: { "/static": new Response(big) },
  async fetch({ url }) {
    if (url.endsWith("/ok")) return new Response("ok");
    if (url.endsWith("/big")) return new Response(big);
    if (!url.includes("/stream")) {
      console.log("waits");
      await new Promise(() => {});
    }
    return new Response(new ReadableStream({
      async pull(c) { c.enqueue("tick\\n"); await Bun.sleep(300); },
    }));
  },
};
`;
const CONFIG = { reload_timeout: 2, keep_alive_timeout: 60, workers: 1 };
const UNAVAILABLE = "HTTP/1.1 503 Service Unavailable\r\n";

/** A client whose request is being handled, and will not be answered. */
async function waiting(server: ServerProcess, wire: Wire, request?: string): Promise<Wire> {
  const after = server.logs.mark();
  if (request === undefined) wire.get("/never");
  else wire.send(request);
  await server.waitForLog("waits", { after });
  return wire;
}

function answersOf(wire: Wire): number {
  return wire.text.split(UNAVAILABLE).length - 1;
}

test.concurrent(
  "clients of other addresses with the same port get nothing of it, whatever they are doing",
  async () => {
    await using server = await startPounce({ app: APP, config: CONFIG });
    const to = { host: "127.0.0.1", port: server.port };
    const pair = async (): Promise<[Wire, Wire]> => {
      const one = await Wire.open(to, { host: "127.0.0.2" });
      return [one, await Wire.open(to, { host: "127.0.0.3", port: one.socket.localPort ?? 0 })];
    };
    const pairs = await Promise.all([pair(), pair(), pair(), pair()]);
    for (const [wire] of pairs) await waiting(server, wire);
    const [stream, idle, download, file] = pairs.map(([, other]) => other) as [
      Wire,
      Wire,
      Wire,
      Wire,
    ];
    await stream.get("/stream").until(({ text }) => text.includes("tick"));
    await idle.get("/ok").until(({ text }) => text.endsWith("ok"));
    for (const [wire, path] of [
      [download, "/big"],
      [file, "/static"],
    ] as const) {
      await wire.getAndPause(path);
    }
    await server.reload();
    for (const wire of [download, file]) wire.resume();
    await Promise.all(pairs.flat().map(({ ended }) => ended));
    expect(pairs.map(([wire]) => answersOf(wire))).toEqual([1, 1, 1, 1]);
    expect(pairs.map(([, other]) => answersOf(other))).toEqual([0, 0, 0, 0]);
    expect(idle.text).toEndWith("\r\n\r\nok");
  },
  60_000,
);

for (const host of [["127.0.0.4", "127.0.0.5"], "0.0.0.0", "::"]) {
  test.concurrent(
    `a client that has the same port on two addresses gets it where it waits (host = ${host})`,
    async () => {
      const started = startPounce({
        app: APP,
        config: { ...CONFIG, host, port: freePort() },
      });
      await using server = await started;
      const { port } = server;
      const waits = await Wire.open({ host: "127.0.0.4", port }, { host: "127.0.0.6" });
      const from = { host: "127.0.0.6", port: waits.socket.localPort ?? 0 };
      const stream = await Wire.open({ host: "127.0.0.5", port }, from);
      await stream.get("/stream").until(({ text }) => text.includes("tick"));
      await waiting(server, waits);
      // On the other address, the other way round.
      const idle = await Wire.open({ host: "127.0.0.4", port }, { host: "127.0.0.7" });
      await idle.get("/ok").until(({ text }) => text.endsWith("ok"));
      const other = { host: "127.0.0.7", port: idle.socket.localPort ?? 0 };
      const alsoWaits = await waiting(server, await Wire.open({ host: "127.0.0.5", port }, other));
      await server.reload();
      const all = [waits, alsoWaits, stream, idle];
      await Promise.all(all.map(({ ended }) => ended));
      expect(all.map(answersOf)).toEqual([1, 1, 0, 0]);
    },
    60_000,
  );
}

test.concurrent(
  "requests with odd targets and hosts are answered like others, and keep nobody from an answer",
  async () => {
    await using server = await startPounce({ app: APP, config: CONFIG });
    const to = { host: "127.0.0.1", port: server.port };
    const long = "/".padEnd(12_000, "x");
    const odd = [
      "GET / HTTP/1.0\r\n\r\n",
      "GET // HTTP/1.0\r\n\r\n",
      "GET //[ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a\x1b[31mb HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /%zz?secret=1#part HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://[/x HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://a:99999/x HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /y HTTP/1.1\r\nHost: [\r\n\r\n",
      "GET /y HTTP/1.1\r\nHost: a:99999\r\n\r\n",
      "GET /y HTTP/1.1\r\nHost: \xff\r\n\r\n",
      "HEAD /y HTTP/1.1\r\nHost: a\r\n\r\n",
      `GET ${long} HTTP/1.1\r\nHost: a\r\n\r\n`,
    ];
    const good = await Promise.all([1, 2, 3].map(() => Wire.open(to)));
    for (const wire of good) await waiting(server, wire);
    const others = await Promise.all(odd.map(() => Wire.open(to)));
    for (const [index, wire] of others.entries()) {
      wire.send(Buffer.from(odd[index] ?? "", "latin1"));
    }
    const last = await waiting(server, await Wire.open(to));
    const { lines } = await server.reload();
    await Promise.all([...good, ...others, last].map(({ ended }) => ended));
    expect([...good, last].map(answersOf)).toEqual([1, 1, 1, 1]);
    // Some are refused by the parser. Each has an answer.
    for (const { text } of others) expect(text).toMatch(/^HTTP\/1\.1 (503|400|505) /);
    expect(others[12]?.text).toEndWith("\r\n\r\n");
    const receipt = lines.find((line) => line.includes("Receipt")) ?? "";
    const { forced_requests } = JSON.parse(receipt.slice(receipt.indexOf("{"))).requests;
    for (const { path } of forced_requests) expect(path).toMatch(/^[\x21-\x7e]{1,600}…?$/);
    expect(receipt).not.toContain("secret");
    expect(server.logs.text()).not.toContain("Invalid URL");
    expect(server.logs.text()).not.toContain("\x1b");
  },
  60_000,
);
