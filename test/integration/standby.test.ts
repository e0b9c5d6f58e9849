// A worker in standby: it keeps its app and serves what comes, and its answers let go of their
// connections. Then it serves as before, or drains. The test is its master, see DrivenWorker.
import { expect, setDefaultTimeout, test } from "bun:test";
import { makeCertificate } from "../helpers/certificates.ts";
import { DrivenWorker } from "../helpers/driven-worker.ts";
import { Http2Connection } from "../helpers/http2-frames.ts";
import { ask, exchange, RawSocket, type Reply } from "../helpers/requests.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);

const BUN_APP = `
  export default {
    fetch: (request, server) =>
      server.upgrade(request) ? undefined : new Response("fetch"),
    routes: {
      "/function": () => new Response("function"),
      "/static": new Response("static"),
      "/file": Bun.file(import.meta.path),
    },
    websocket: { message: (socket, text) => void socket.send(text) },
    shutdown: () => console.log("shutdown"),
  };`;
const NODE_APP = `
  import { createServer } from "node:http";
  createServer((request, response) => response.end(request.url)).listen(8000);`;

interface Kind {
  readonly name: string;
  readonly app: string;
  readonly paths: readonly string[];
}
const KINDS: readonly Kind[] = [
  { name: "an app of Bun", app: BUN_APP, paths: ["/", "/function", "/static", "/file", "/health"] },
  { name: "a program on node:http", app: NODE_APP, paths: ["/", "/health"] },
];
const CONFIG = { health_check_path: "/health", keep_alive_timeout: 10 };

const closes = (reply: Reply): boolean => reply.closes;

/** Whether each path is answered, on a new connection, and whether the answer is its last. */
async function answersOf(worker: DrivenWorker, paths: readonly string[]): Promise<boolean[]> {
  const replies = await Promise.all(paths.map((path) => ask(worker, path)));
  for (const { status } of replies) expect(status).toBe(200);
  return replies.map(closes);
}

async function standBy(worker: DrivenWorker, isOn: boolean): Promise<void> {
  worker.send({ type: "standby", isOn });
  await worker.obeyed();
}

/** The answers are marked over a second. */
async function untilAllMarked(worker: DrivenWorker, paths: readonly string[]): Promise<void> {
  await until("all answers are marked", async () =>
    (await answersOf(worker, paths)).every((isLast) => isLast),
  );
}

for (const { name, app, paths } of KINDS) {
  test.concurrent(`${name} in standby serves on and lets go, and then is as before`, async () => {
    await using worker = await DrivenWorker.start(app, CONFIG);
    using idle = await RawSocket.open({ host: "127.0.0.1", port: worker.port });
    expect(closes(await exchange(idle, { path: "/" }))).toBe(false);
    for (const _ of ["first", "second"]) {
      await standBy(worker, true);
      await untilAllMarked(worker, paths);
      await standBy(worker, false);
      expect(await answersOf(worker, paths)).toEqual(paths.map(() => false));
      // It was idle meanwhile: nobody has ended it.
      expect(closes(await exchange(idle, { path: "/" }))).toBe(false);
    }
    expect(worker.printed).toEqual([]);
    expect(worker.said.map(({ type }) => type)).not.toContain("idle");
    await standBy(worker, true);
    worker.send({ type: "drain", reason: "reload", timeoutMs: 20_000, closeIdle: false });
    await until("the drain marks", async () => closes(await ask(worker, "/")));
    idle.close();
    await worker.heard("idle");
    worker.send({ type: "stop" });
    expect(await worker.untilEnded()).toBe("exit code 0");
  });
}

test.concurrent(
  "standby hears no shutdown hook and closes no WebSocket; a drain does",
  async () => {
    await using worker = await DrivenWorker.start(BUN_APP, CONFIG);
    const socket = new WebSocket(`ws://127.0.0.1:${worker.port}/`);
    const closed = new Promise<number>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve(code));
    });
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    await standBy(worker, true);
    await untilAllMarked(worker, ["/"]);
    const echo = new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => resolve(data), { once: true });
    });
    socket.send("still here");
    expect(await echo).toBe("still here");
    expect(worker.printed).toEqual([]);
    worker.send({ type: "drain", reason: "reload", timeoutMs: 20_000, closeIdle: false });
    expect(await closed).toBe(1012);
    await worker.heard("idle");
    expect(worker.printed).toEqual(["shutdown"]);
  },
);

test.concurrent("after a drain has begun, standby means nothing", async () => {
  await using worker = await DrivenWorker.start(BUN_APP, CONFIG);
  worker.send({ type: "drain", reason: "reload", timeoutMs: 20_000, closeIdle: false });
  await standBy(worker, false);
  expect(closes(await ask(worker, "/static"))).toBe(true);
  await worker.heard("idle");
});

test.concurrent("a client of HTTP/2 is told once to go, and its connection lives on", async () => {
  await using worker = await DrivenWorker.start(BUN_APP, { ...CONFIG, h2c: true });
  using client = await Http2Connection.open(worker.port);
  expect(await client.get("/")).toMatchObject({ status: 200 });
  await standBy(worker, true);
  await until("told to go", async () => {
    expect(await client.get("/")).toMatchObject({ status: 200, end: "whole" });
    return client.goneAway.length > 0;
  });
  expect(client.goneAway).toEqual([{ last: 0x7f_ff_ff_ff, code: 0 }]);
  await standBy(worker, false);
  // Longer than it would live in a drain.
  await Bun.sleep(1500);
  expect(await client.get("/")).toMatchObject({ status: 200, end: "whole" });
  expect(client.goneAway).toHaveLength(1);
});

test.concurrent("over TLS HTTP/2 cannot be told, and stays", async () => {
  const { cert, key } = makeCertificate();
  const tls = { cert: "a.pem", key: "a.pem" };
  const files = { "a.pem": cert + key };
  await using worker = await DrivenWorker.start(BUN_APP, { ...CONFIG, tls }, files);
  using client = await Http2Connection.open(worker.port, { tls: true });
  await standBy(worker, true);
  for (let asked = 0; asked < 15; asked += 1) {
    expect(await client.get("/")).toMatchObject({ status: 200, end: "whole" });
    await Bun.sleep(100);
  }
  expect(client.goneAway).toEqual([]);
  expect(client.ended).toBeUndefined();
});
