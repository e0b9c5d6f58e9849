// `websocket.publish = "redis://…"`: two servers and Debian's Redis, which goes away, hangs and comes
// back: no WebSocket hears of that, and each server goes on by itself.
// packages: redis-server
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../helpers/certificates.ts";
import { freePort } from "../helpers/ports.ts";
import {
  exchange,
  type PublishClient,
  publishClients,
  PUBLISHING_APPS,
} from "../helpers/publishing.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(120_000);
afterAll(stopAllServers);

const WORKERS = 2;
const app = PUBLISHING_APPS[0][1];

class RedisServer {
  #process: Bun.Subprocess<"ignore", "pipe", "inherit">;

  constructor(readonly args: readonly string[]) {
    this.#process = this.#start();
  }

  #start(): Bun.Subprocess<"ignore", "pipe", "inherit"> {
    const argv = ["redis-server", "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];
    return Bun.spawn([...argv, ...this.args], { stdin: "ignore", stdout: "pipe" });
  }

  async untilReady(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of this.#process.stdout) {
      text += decoder.decode(chunk, { stream: true });
      if (/ready to accept connections/i.test(text)) return;
    }
    throw new Error(`redis-server has ended: ${text}`);
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  startAgain(): Promise<void> {
    this.#process = this.#start();
    return this.untilReady();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function startRedis(...args: readonly string[]): Promise<RedisServer> {
  const redis = new RedisServer(args);
  await redis.untilReady();
  return redis;
}

interface Both {
  readonly servers: readonly ServerProcess[];
  /** One for each worker. */
  readonly clients: readonly PublishClient[];
}

async function startBoth(publish: string, env: Record<string, string> = {}): Promise<Both> {
  const config = { workers: WORKERS, websocket: { publish } };
  const servers = await Promise.all([1, 2].map(() => startPounce({ app, config, env })));
  const clients: PublishClient[] = [];
  for (const server of servers) clients.push(...(await publishClients(server, WORKERS)));
  return { servers, clients };
}

async function stop({ servers, clients }: Both): Promise<void> {
  for (const client of clients) client.close();
  for (const server of servers) await server.dispose();
}

/** Each worker says it once. */
async function untilToldByAll({ servers }: Both, words: string, after: readonly number[]) {
  for (const [at, server] of servers.entries()) {
    await server.waitForLog(words, { count: WORKERS, after: after[at] ?? 0 });
    expect(server.logs.matching(words, after[at])).toHaveLength(WORKERS);
  }
}

const marksOf = ({ servers }: Both): number[] => servers.map(({ logs }) => logs.mark());

describe("what is published reaches the WebSockets of both servers once", () => {
  test("by TCP, and not those on another channel", async () => {
    const port = freePort();
    await using _ = await startRedis("--port", String(port));
    const both = await startBoth(`redis://127.0.0.1:${port}`);
    const config = { workers: 1, websocket: { publish: `redis://127.0.0.1:${port}?channel=b` } };
    await using other = await startPounce({ app, config });
    const [stranger] = await publishClients(other, 1);
    await exchange(both.clients, "round");
    stranger?.ask("server", "mine");
    expect(await stranger?.until(1)).toEqual(["mine"]);
    await stop(both);
  });

  test("by a Unix socket", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "pounce-redis-")), "redis.sock");
    await using _ = await startRedis("--port", "0", "--unixsocket", path);
    const both = await startBoth(`redis+unix://${path}?channel=app`);
    await exchange(both.clients, "round");
    await stop(both);
  });

  test("by TLS, with a password", async () => {
    const dir = await mkdtemp(join(tmpdir(), "pounce-redis-"));
    const authority = makeCertificate({ subject: "CA", isAuthority: true });
    const made = makeCertificate({ issuer: authority });
    const [ca, cert, key] = [join(dir, "ca.pem"), join(dir, "cert.pem"), join(dir, "key.pem")];
    await Bun.write(ca, authority.cert);
    await Bun.write(cert, made.cert);
    await Bun.write(key, made.key);
    const port = freePort();
    const tls = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca];
    const secret = ["--tls-auth-clients", "no", "--requirepass", "secret"];
    await using _ = await startRedis("--port", "0", "--tls-port", String(port), ...tls, ...secret);
    const url = `rediss://:secret@localhost:${port}?channel=app`;
    const both = await startBoth(url, { NODE_EXTRA_CA_CERTS: ca });
    await exchange(both.clients, "round");
    for (const { logs } of both.servers) expect(logs.text()).not.toContain("secret");
    await stop(both);
  });
});

test("a WebSocket that moves at a reload misses nothing of another server, and has nothing twice", async () => {
  const port = freePort();
  await using redis = await startRedis("--port", String(port));
  const plain = app.replace("perMessageDeflate: true,", "");
  const websocket = { publish: `redis://127.0.0.1:${port}`, on_reload: "carry" };
  const config = { workers: WORKERS, websocket };
  await using one = await startPounce({ app: plain, config });
  await using other = await startPounce({ app: plain, config });
  const moving = await publishClients(one, WORKERS);
  const [publisher] = (await publishClients(other, 1)) as [PublishClient];
  let sent = 0;
  const publishing = setInterval(() => {
    publisher.ask("server", String(sent++).padStart(6, "0"));
  }, 1);
  for (let reload = 1; reload <= 3; reload++) await one.reload();
  clearInterval(publishing);
  expect(one.logs.matching("moved to other workers").length).toBeGreaterThanOrEqual(3);
  const expected = Array.from({ length: sent }, (_, at) => String(at).padStart(6, "0"));
  for (const client of moving) {
    const got: string[] = [];
    // Its `open` is called again.
    while (got.length < sent) {
      got.push(...(await client.until(1)).filter((text) => !text.startsWith("pid ")));
    }
    expect(got).toEqual(expected);
    client.close();
  }
  publisher.close();
  await redis.kill();
});

describe("each server goes on by itself, and no client hears of a Redis that", () => {
  test("is killed, and comes back", async () => {
    const port = freePort();
    await using redis = await startRedis("--port", String(port));
    const both = await startBoth(`redis://127.0.0.1:${port}`);
    let hasClosed = false;
    for (const { closed } of both.clients) void closed.then(() => (hasClosed = true));
    for (const round of ["first", "second"]) {
      const marks = marksOf(both);
      await redis.kill();
      await untilToldByAll(both, "what is published reaches this server alone", marks);
      await exchange(both.clients.slice(0, WORKERS), `${round} one`);
      await exchange(both.clients.slice(WORKERS), `${round} other`);
      await redis.startAgain();
      await untilToldByAll(both, "is there again; it has missed", marks);
      await exchange(both.clients, `${round} both`);
    }
    expect(hasClosed).toBe(false);
    await stop(both);
  });

  test("hangs, and goes on", async () => {
    const port = freePort();
    await using redis = await startRedis("--port", String(port));
    const both = await startBoth(`redis://127.0.0.1:${port}`);
    const marks = marksOf(both);
    redis.signal("SIGSTOP");
    await untilToldByAll(both, "is not there (no answer)", marks);
    await exchange(both.clients.slice(0, WORKERS), "one");
    redis.signal("SIGCONT");
    await untilToldByAll(both, "is there again", marks);
    await exchange(both.clients, "both");
    await stop(both);
  });

  test("is not there when they start", async () => {
    const port = freePort();
    const both = await startBoth(`redis://127.0.0.1:${port}`);
    await untilToldByAll(both, "is not there", [0, 0]);
    await exchange(both.clients.slice(0, WORKERS), "one");
    await using _ = await startRedis("--port", String(port));
    await untilToldByAll(both, "is there again", [0, 0]);
    await exchange(both.clients, "both");
    await stop(both);
  });
});
