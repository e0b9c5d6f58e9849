// A channel of a Redis that goes away and comes back: the clients are the test's.
import { expect, test } from "bun:test";
import { type Client, Redis } from "../../../src/worker/publish/redis.ts";

const PLACE = { url: "redis://u:p@a", channel: "c", shown: "redis://a" };

class FakeClient implements Client {
  onclose: Client["onclose"] = null;
  isClosed = false;
  listener: ((text: string) => void) | undefined;

  constructor(readonly server: FakeServer) {
    server.clients.push(this);
  }

  async #answer(): Promise<void> {
    await Promise.resolve();
    if (!this.server.isThere || this.isClosed) throw new Error("refused");
  }

  connect = (): Promise<void> => this.#answer();
  ping = (): Promise<void> => this.#answer();

  async subscribe(channel: string, listener: (text: string) => void): Promise<void> {
    expect(channel).toBe(PLACE.channel);
    await this.#answer();
    this.listener = listener;
  }

  async publish(channel: string, text: string): Promise<void> {
    expect(channel).toBe(PLACE.channel);
    await (this.server.hangs ? new Promise(() => {}) : this.#answer());
    for (const { listener, isClosed } of this.server.clients) if (!isClosed) listener?.(text);
  }

  close(): void {
    this.isClosed = true;
  }
}

class FakeServer {
  readonly clients: FakeClient[] = [];
  readonly got: string[] = [];
  readonly log: string[] = [];
  isThere = true;
  hangs = false;
  #told = Promise.withResolvers<void>();
  readonly redis = new Redis(
    PLACE,
    (text) => void this.got.push(text),
    {
      info: (event, words) => this.#tell(`${event}: ${words}`),
      warn: (event, words) => this.#tell(`${event}: ${words}`),
    },
    (url) => {
      expect(url).toBe(PLACE.url);
      return new FakeClient(this);
    },
  );

  #tell(line: string): void {
    this.log.push(line);
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }

  /** Resolves with the next line of the log. */
  async told(): Promise<string> {
    await this.#told.promise;
    return this.log.at(-1) ?? "";
  }

  leave(): void {
    this.isThere = false;
    for (const client of this.clients) client.onclose?.(new Error("gone"));
  }
}

test("what is published comes to all that have subscribed, and nothing is told", async () => {
  const server = new FakeServer();
  await server.redis.connect();
  server.redis.publish("one");
  await Bun.sleep(0);
  expect(server.got).toEqual(["one"]);
  expect(server.log).toEqual([]);
});

test("one that is not there at the start is told of once, and again when it is there", async () => {
  const server = new FakeServer();
  server.isThere = false;
  await server.redis.connect();
  expect(server.log).toEqual([
    "redis-lost: redis://a is not there (refused): what is published reaches this server alone",
  ]);
  while (server.clients.length < 6) await Bun.sleep(10);
  expect(server.log).toHaveLength(1);
  server.isThere = true;
  expect(await server.told()).toBe("redis-back: redis://a is there again");
});

test("one that goes away and comes back is subscribed again, and what it missed is counted", async () => {
  const server = new FakeServer();
  await server.redis.connect();
  server.leave();
  expect(server.log).toEqual([
    "redis-lost: redis://a is not there (gone): what is published reaches this server alone",
  ]);
  server.redis.publish("lost");
  server.redis.publish("lost");
  server.isThere = true;
  expect(await server.told()).toBe(
    "redis-back: redis://a is there again; it has missed 2 message(s)",
  );
  server.redis.publish("found");
  await Bun.sleep(0);
  expect(server.got).toEqual(["found"]);
  expect(server.clients.filter(({ isClosed }) => !isClosed)).toHaveLength(2);
});

test("for one that takes nothing a bounded amount waits, and the rest is told of", async () => {
  const server = new FakeServer();
  await server.redis.connect();
  server.hangs = true;
  const text = "x".repeat(1024 * 1024);
  for (let count = 0; count < 20; count++) server.redis.publish(text);
  expect(server.log).toEqual([
    "publish-dropped: a message was not published to other servers: redis://a takes no more " +
      "(websocket.publish)",
  ]);
});
