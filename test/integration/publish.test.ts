// `websocket.publish = "server"`: what is published in one worker reaches the WebSockets of all
// workers and generations, each once, whatever becomes of another worker.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  exchange,
  type PublishClient,
  publishClients,
  PUBLISHING_APPS,
} from "../helpers/publishing.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const CONFIG = { workers: 3, websocket: { publish: "server" } };

function workersOf(clients: readonly PublishClient[]): number {
  return new Set(clients.map(({ pid }) => pid)).size;
}

test.concurrent.each(PUBLISHING_APPS)(
  "what %s publishes reaches all others in all workers, and generations, once",
  async (_, app) => {
    await using server = await startPounce({
      app,
      config: { ...CONFIG, rollout: { bake: "60s" } },
    });
    const old = await publishClients(server, 3);
    expect(workersOf(old)).toBe(3);
    await exchange(old, "alone");
    server.signal("SIGHUP");
    await server.waitForLog("stays in standby");
    const all = [...old, ...(await publishClients(server, 3, old))];
    expect(workersOf(all)).toBe(6);
    await exchange(all, "both");
    for (const client of all) client.close();
  },
);

test.concurrent("what moves at a reload misses nothing that is published meanwhile", async () => {
  const [, app] = PUBLISHING_APPS[0];
  const plain = app.replace("perMessageDeflate: true,", "");
  const websocket = { publish: "server", on_reload: "carry" };
  await using server = await startPounce({ app: plain, config: { workers: 2, websocket } });
  const clients = await publishClients(server, 2);
  const others = await Promise.all([1, 2, 3, 4].map(() => publishClients(server, 1)));
  let sent = 0;
  const publish = async (isOver: () => boolean): Promise<void> => {
    while (!isOver()) {
      for (const client of clients) client.ask("server", String(sent++).padStart(6, "0"));
      await Bun.sleep(1);
    }
  };
  let isOver = false;
  const publishing = publish(() => isOver);
  await server.reload();
  isOver = true;
  await publishing;
  expect(server.logs.text()).toContain("moved to other workers");
  const expected = Array.from({ length: sent }, (_, at) => String(at).padStart(6, "0"));
  for (const client of [...clients, ...others.flat()]) {
    // Its `open` is called again.
    const got = (await client.until(sent + 1)).filter((text) => !text.startsWith("pid "));
    expect(got.toSorted()).toEqual(expected);
  }
});

test.concurrent("who moves to a worker that is older gets nothing again", async () => {
  const [, app] = PUBLISHING_APPS[0];
  const plain = app.replace("perMessageDeflate: true,", "");
  const websocket = { publish: "server", on_reload: "carry" };
  await using server = await startPounce({ app: plain, config: { workers: 2, websocket } });
  const old = await publishClients(server, 2);
  for (let at = 0; at < 20; at++) old[0]?.ask("server", `before ${at}`);
  for (const client of old) await client.until(20);
  old[1]?.close();
  for (const [signal, count] of [
    ["SIGTTOU", 1],
    ["SIGTTIN", 2],
  ] as const) {
    server.signal(signal);
    await server.untilWorkers((workers) => workers.length === count);
  }
  const [young] = await publishClients(server, 1, old);
  young?.ask("server", "during");
  expect(await young?.until(1)).toEqual(["during"]);
  server.signal("SIGTTOU");
  await server.waitForLog("1 WebSocket(s) moved to other workers");
  old[0]?.ask("server", "after");
  const got = (await young?.until(2)) ?? [];
  expect(got.filter((text) => !text.startsWith("pid "))).toEqual(["after"]);
  for (const client of [...old, young]) client?.close();
});

test.concurrent("without it, what is published stays in the worker", async () => {
  const [, app] = PUBLISHING_APPS[0];
  await using server = await startPounce({ app, config: { workers: 2 } });
  const clients = await publishClients(server, 2);
  for (const [at, client] of clients.entries()) client.ask("server", String(at));
  for (const [at, client] of clients.entries()) {
    client.ask("server", "last");
    expect(await client.until(2)).toEqual([String(at), "last"]);
  }
});

async function begin(): Promise<{ server: ServerProcess; clients: PublishClient[] }> {
  const [, app] = PUBLISHING_APPS[0];
  const server = await startPounce({ app, config: CONFIG });
  const clients = await publishClients(server, 3);
  return { server, clients };
}

describe("the others get everything", () => {
  test.concurrent("while one is stopped, for which a bounded amount waits", async () => {
    const { server, clients } = await begin();
    await using _ = server;
    const [one, two, stopped] = clients as [PublishClient, PublishClient, PublishClient];
    process.kill(stopped.pid, "SIGSTOP");
    const large = "x".repeat(1024 * 1024);
    for (let count = 0; count < 40; count++) {
      one.ask("server", large);
      await two.until(1);
    }
    await server.waitForLog(/a message was not published to worker \d: it takes no more/);
    process.kill(stopped.pid, "SIGCONT");
    const some = await stopped.until(10);
    expect(some.every((text) => text === large)).toBe(true);
  });

  test.concurrent("when one is killed, and the one in its place as well", async () => {
    const { server, clients } = await begin();
    await using _ = server;
    const [one, two, killed] = clients as [PublishClient, PublishClient, PublishClient];
    process.kill(killed.pid, "SIGKILL");
    one.ask("publish", "during");
    expect(await two.until(1)).toEqual(["during"]);
    await killed.closed;
    const [next] = await publishClients(server, 1, [one, two]);
    await exchange([one, two, next as PublishClient], "again");
  });
});
