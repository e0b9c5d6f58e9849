// The load client itself: against servers that misbehave in one known way each, every reply lands
// in the bucket that it belongs to.
import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { Loss } from "../../src/prove/load/loss.ts";
import { losses, startLoad } from "../helpers/load.ts";
import { ask } from "../helpers/requests.ts";

type Answer = (socket: Socket) => void;

/** A server that does the same to whoever sends it something. */
function misbehaving(answer: Answer) {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket) => answer(socket) },
  });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}

const reply = (head: string, body: string): string => `HTTP/1.1 ${head}\r\n\r\n${body}`;

async function bucketOf(answer: Answer): Promise<string> {
  using server = misbehaving(answer);
  const load = startLoad({ port: server.port, modes: ["connect"], clients: 1 });
  await load.until((result) => losses(result) + result.buckets.ok > 0);
  const { failures } = await load.stop();
  return failures[0]?.bucket ?? "ok";
}

const hello = "hello from v1";
const headers = `200 OK\r\nX-Version: v1\r\nContent-Length: ${hello.length}`;

const CASES: [claim: string, bucket: string, answer: Answer][] = [
  ["a whole reply", "ok", (it) => it.write(reply(headers, hello))],
  ["a body until the close", "ok", (it) => it.end(reply("200 OK\r\nX-Version: v1", hello))],
  ["a close without a byte", "cut", (it) => it.end()],
  ["a close within the head", "cut", (it) => it.end("HTTP/1.1 200 OK\r\nX-Ver")],
  ["a close within the body", "cut", (it) => it.end(reply(headers, "hello"))],
  [
    "a chunked body without its end",
    "cut",
    (it) => it.end(reply("200 OK\r\nTransfer-Encoding: chunked", `d\r\n${hello}\r\n`)),
  ],
  ["a reset", "reset", (it) => it.terminate()],
  ["a reset within the body", "reset", resetWithin(reply("200 OK", "hello"))],
  ["another status", "wrong", (it) => it.write(reply("503 No\r\nContent-Length: 0", ""))],
  ["another body", "wrong", (it) => it.write(reply(headers, "hello from v2"))],
  ["something that is not HTTP", "wrong", (it) => it.write("SSH-2.0-OpenSSH_9.2\r\n")],
];

for (const [claim, bucket, answer] of CASES) {
  test(`${claim} is counted as ${bucket}`, async () => {
    expect(await bucketOf(answer)).toBe(bucket);
  }, 10_000);
}

test("a port where nobody listens is counted as refused", async () => {
  const server = misbehaving(() => {});
  server[Symbol.dispose]();
  const load = startLoad({ port: server.port, modes: ["connect"], clients: 1 });
  await load.until((result) => result.buckets.refused > 0);
  expect((await load.stop()).failures[0]).toMatchObject({ bucket: "refused", mode: "connect" });
}, 10_000);

test("a server that says nothing is counted as timeout", async () => {
  using server = misbehaving(() => {});
  const error = await ask(server, "/", 200).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(Loss);
  expect(error).toMatchObject({ kind: "timeout" });
}, 10_000);

test("a keep-alive connection that is closed while idle is no loss", async () => {
  using server = misbehaving((socket) => {
    socket.write(reply(headers, hello));
    socket.end();
  });
  const load = startLoad({ port: server.port, modes: ["think-time"], clients: 8 });
  await load.until((result) => result.closedIdle >= 8);
  const result = await load.stop();
  expect(result.buckets.reset).toBe(0);
  expect(result.versions).toEqual(["v1"]);
}, 10_000);

function resetWithin(bytes: string): Answer {
  return (socket) => {
    socket.write(bytes);
    setTimeout(() => socket.terminate(), 20);
  };
}
