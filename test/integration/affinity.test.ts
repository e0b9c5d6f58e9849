// affinity = "client": a client's address decides which slot gets its connections.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { Wire } from "../helpers/wire.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

/** Answers with its generation and its slot. */
const APP = `
  let who = {};
  export default {
    startup({ generation, slot }) { who = { generation, slot }; },
    fetch: () => Response.json(who),
  };
`;

interface Place {
  readonly generation: number;
  readonly slot: number;
}

const CLIENTS = Array.from({ length: 20 }, (_, at) => `127.0.0.${at + 1}`);

async function placeOf({ port }: ServerProcess, from: string): Promise<Place> {
  using wire = await Wire.open(
    { host: from.includes(":") ? "::1" : "127.0.0.1", port },
    { host: from },
  );
  wire.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await wire.ended;
  return JSON.parse(wire.text.slice(wire.text.indexOf("\r\n\r\n"))) as Place;
}

const slotsOf = async (server: ServerProcess, clients = CLIENTS): Promise<number[]> => {
  const places = await Promise.all(clients.map((client) => placeOf(server, client)));
  return places.map(({ slot }) => slot);
};

test("clients keep their slots over a reload and a crash, and only those of the crashed one move", async () => {
  const config = { workers: 3, affinity: "client", respawn: { backoff_min: "3s" } };
  await using server = await startPounce({ app: APP, config });
  const before = await slotsOf(server);
  expect(new Set(before)).toEqual(new Set([0, 1, 2]));
  expect(await slotsOf(server)).toEqual(before);

  await server.reload();
  expect(await slotsOf(server)).toEqual(before);
  expect((await placeOf(server, "127.0.0.1")).generation).toBe(1);

  const victim = server.workers().find(({ slot }) => slot === 1);
  process.kill(victim?.pid ?? 0, "SIGKILL");
  await server.waitForLog(/respawn|starting again|in 3s/i);
  const during = await slotsOf(server);
  for (const [at, slot] of before.entries()) {
    if (slot === 1) expect(during[at]).not.toBe(1);
    else expect(during[at]).toBe(slot);
  }
  await server.untilWorkers((found) => found.length === 3);
  expect(await slotsOf(server)).toEqual(before);
});

test("one address of IPv6 is one client, and IPv4 on the same port is spread", async () => {
  const config = { workers: 3, affinity: "client", host: "::" };
  await using server = await startPounce({ app: APP, config });
  const same = await slotsOf(server, ["::1", "::1", "::1", "::1", "::1"]);
  expect(new Set(same).size).toBe(1);
  expect(new Set(await slotsOf(server))).toEqual(new Set([0, 1, 2]));
});
