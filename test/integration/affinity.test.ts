// affinity = "client": a client's address decides which slot gets its connections.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { runPounce, startPounce, stopAllServers } from "../helpers/server.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import type { WorkerProcess } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";
import { Wire } from "../helpers/wire.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

/** Answers with its generation and its slot. A slot stays empty as long as there is a file "hold". */
const APP = `
  let who = {};
  export default {
    async startup({ generation }) {
      who = { generation, slot: Number(process.env.SLOT) };
      while (await Bun.file("hold").exists()) await Bun.sleep(10);
    },
    fetch: () => Response.json(who),
  };
`;

const AFFINE = { workers: 3, affinity: "client", slot_variable: "SLOT" };

interface Place {
  readonly generation: number;
  readonly slot: number;
}

const isNewInSlot1 = ({ slot, generation }: WorkerProcess): boolean =>
  slot === 1 && generation === 1;

const CLIENTS = Array.from({ length: 20 }, (_, at) => `127.0.0.${at + 1}`);

async function placeOf(server: ServerProcess, from: string): Promise<Place> {
  const { port } = server;
  using wire = await Wire.open(
    { host: from.includes(":") ? "::1" : "127.0.0.1", port },
    { host: from },
  );
  wire.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await wire.ended;
  // It waited for a worker that has crashed.
  if (wire.text === "") return await placeOf(server, from);
  return JSON.parse(wire.text.slice(wire.text.indexOf("\r\n\r\n"))) as Place;
}

const slotsOf = async (server: ServerProcess, clients = CLIENTS): Promise<number[]> => {
  const places = await Promise.all(clients.map((client) => placeOf(server, client)));
  return places.map(({ slot }) => slot);
};

test("clients keep their slots over a reload and a crash: only those of the crashed one move", async () => {
  await using server = await startPounce({ app: APP, config: AFFINE });
  const before = await slotsOf(server);
  expect(new Set(before)).toEqual(new Set([0, 1, 2]));
  expect(await slotsOf(server)).toEqual(before);

  await server.steer();
  expect(await slotsOf(server)).toEqual(before);
  expect((await placeOf(server, "127.0.0.1")).generation).toBe(1);

  const victim = server.workers().find(isNewInSlot1);
  if (victim === undefined) throw new Error("slot 1 has no worker");
  await server.write("hold", "");
  process.kill(victim.pid, "SIGKILL");
  await server.waitForLog(/Replacing worker \d+ \(slot 1\)/);
  const during = await slotsOf(server);
  for (const [at, slot] of before.entries()) {
    if (slot === 1) expect(during[at]).not.toBe(1);
    else expect(during[at]).toBe(slot);
  }
  await rm(join(server.dir, "hold"));
  await until("all are back", async () => Bun.deepEquals(await slotsOf(server), before), 20_000);
});

test("one address of IPv6 is one client, and IPv4 on the same port is spread", async () => {
  const config = { ...AFFINE, host: "::" };
  await using server = await startPounce({ app: APP, config });
  const same = await slotsOf(server, ["::1", "::1", "::1", "::1", "::1"]);
  expect(new Set(same).size).toBe(1);
  expect(new Set(await slotsOf(server))).toEqual(new Set([0, 1, 2]));
});

test("where the kernel refuses steering, a start with affinity is refused", async () => {
  const { code, stderr } = await runPounce({ app: APP, config: AFFINE, forbidSteering: true });
  expect(code).toBe(2);
  expect(stderr).toContain('affinity: "client" needs a kernel that accepts steering programs');
});
