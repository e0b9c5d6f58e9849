// HTTP/2 over a reload. Without TLS clients lose nothing and have nothing to repeat; over TLS they
// lose nothing if they repeat what a GOAWAY hands back. HTTP/1.1 on the same address is served as
// before.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { LINGER_MS } from "../../src/core/settings.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { honoApp } from "../helpers/fixtures.ts";
import { keepAsking } from "../helpers/http2-client.ts";
import { Http2Connection } from "../helpers/http2-frames.ts";
import { describeResult, expectNoLoss, startLoad } from "../helpers/load.ts";
import { ask } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { connectTls } from "../helpers/tls-clients.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const PRIVATE = { mode: 0o600 };

/** Asks on a connection of HTTP/1.1 that stays open, unless the server ends it. */
async function askIdle(socket: TLSSocket): Promise<string> {
  const answered = once(socket, "data");
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return String((await answered)[0]);
}

const WAYS = [
  ["over a reload", false],
  ["over a reload with a shared socket", true],
] as const;

test.concurrent.each(WAYS)("%s nothing is lost, and nothing is handed back", async (...way) => {
  const [, forbidSteering] = way;
  await using server = await startPounce({ config: { h2c: true }, forbidSteering });
  const http2 = keepAsking(`http://127.0.0.1:${server.port}`);
  const modes = ["keep-alive", "connect"] as const;
  const http1 = startLoad({ port: server.port, modes, clients: 32, gapMs: 20 });
  using stream = await Http2Connection.open(server.port);
  const held = stream.request("/hold?name=stream&ms=1500");
  await server.waitForLog("holding stream");
  await until("answers by HTTP/2", () => http2.result.requests > 50);
  await server.writeApp(honoApp("v1"));
  const reloaded = server.reload();
  expect(await stream.answer(held)).toMatchObject({ text: "held stream by v0", end: "whole" });
  stream.socket.destroy();
  await reloaded;
  const seen = http2.result.requests;
  await until("answers of the new version", () => http2.result.requests > seen + 50);
  const result = await http2.stop();
  const others = await http1.stop();
  console.log(describeResult(others), result);
  expect(result).toMatchObject({ lost: [], repeated: 0 });
  expectNoLoss(others);
  expect(Object.keys(result.texts).toSorted()).toEqual(["hello from v0", "hello from v1"]);
  expect(server.logs.text()).not.toContain("forcing shutdown");
});

test.concurrent("over TLS nothing is lost over a reload, while HTTP/1.1 goes on", async () => {
  const { cert, key } = makeCertificate();
  await using server = await startPounce({
    config: { tls: { cert: "a.pem", key: "a.pem" }, keep_alive_timeout: 30 },
    prepare: async (dir) => void (await Bun.write(join(dir, "a.pem"), cert + key, PRIVATE)),
  });
  const http2 = keepAsking(`https://127.0.0.1:${server.port}`);
  using stream = await Http2Connection.open(server.port, { tls: true });
  const held = stream.request("/hold?name=stream&ms=2500");
  await server.waitForLog("holding stream");
  const http1 = await connectTls(server.port);
  expect(await askIdle(http1)).toContain("hello from v0");
  await server.writeApp(honoApp("v1"));
  const reloaded = server.reload();
  await server.waitForLog("Draining old workers");
  // It is idle at the moment when the handshakes that were in progress are over.
  await Bun.sleep(LINGER_MS + 100);
  expect(await askIdle(http1)).toContain("hello from v0");
  expect(await stream.answer(held)).toMatchObject({ text: "held stream by v0", end: "whole" });
  await reloaded;
  await until("answers of v1", () => "hello from v1" in http2.result.texts);
  expect((await http2.stop()).lost).toEqual([]);
  expect(server.logs.text()).not.toContain("forcing shutdown");
});

test.concurrent("an idle client is told to go when it asks again", async () => {
  await using server = await startPounce({ config: { h2c: true, keep_alive_timeout: 60 } });
  using client = await Http2Connection.open(server.port);
  await client.get("/");
  const reloaded = server.reload();
  await server.waitForLog("Draining old workers");
  // Only what is answered after the handshakes that were in progress is known to be marked.
  while (client.goneAway.length === 0) {
    expect(await client.get("/")).toMatchObject({ status: 200, end: "whole" });
    await Bun.sleep(100);
  }
  expect(client.goneAway).toEqual([{ last: 0x7f_ff_ff_ff, code: 0 }]);
  await client.until(() => client.ended === "close");
  await reloaded;
});

test.concurrent("it is served only if it is asked for, and not for node:http", async () => {
  const app = `import { createServer } from "node:http";
    createServer((request, response) => response.end(request.httpVersion)).listen(8000);`;
  await using program = await startPounce({ app, config: { h2c: true } });
  expect(program.logs.text()).toContain("[WARN] h2c is ignored");
  expect(await ask(program, "/")).toMatchObject({ status: 200, text: "1.1" });
  await using server = await startPounce();
  for (const { port } of [program, server]) {
    using client = await Http2Connection.open(port);
    await client.until(() => client.ended !== undefined);
    expect(client.frames).toEqual([]);
  }
});

test.concurrent("at the deadline each stream that waits for an answer gets 503", async () => {
  const config = { h2c: true, reload_timeout: 2, workers: 1 };
  await using server = await startPounce({ config });
  using client = await Http2Connection.open(server.port);
  const streams = ["one", "two"].map((name) => client.request(`/hold?ms=60000&name=${name}`));
  await server.waitForLog("holding two");
  server.hup();
  for (const stream of streams) {
    const { text, end } = await client.answer(stream);
    expect([JSON.parse(text), end]).toMatchObject([{ status: 503 }, "whole"]);
  }
  await client.until(() => client.ended !== undefined);
  expect(client.goneAway.length).toBeGreaterThan(0);
});
