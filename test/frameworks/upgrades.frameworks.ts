// WebSockets and other upgrades on node:http, by bytes over TCP: what a client hears, and what the
// program sees, is under pounce what it is under bun. bun run verify:frameworks upgrades
import { afterAll, expect, test } from "bun:test";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Program, startProgram, startUnderBun } from "../helpers/programs.ts";
import { ask } from "../helpers/requests.ts";
import { stopAllServers } from "../helpers/server.ts";
import { UPGRADES } from "../helpers/upgrades.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const source = fileURLToPath(new URL("../apps/features/ws.mjs", import.meta.url));

const program: Program = {
  name: "ws",
  main: "ws.mjs",
  modes: [],
  write: (dir) => cp(source, join(dir, "ws.mjs")),
};

/** How long nothing must come, until nothing more is expected. */
const QUIET_MS = 200;

async function untilQuiet(wire: Wire): Promise<void> {
  for (let before = -1; before !== wire.length;) {
    before = wire.length;
    await Bun.sleep(QUIET_MS);
  }
}

async function heard(port: number, pieces: readonly Buffer[]): Promise<string> {
  using wire = await Wire.open({ host: "127.0.0.1", port });
  for (const piece of pieces) {
    wire.send(piece);
    await untilQuiet(wire);
  }
  const ending = await Promise.race([wire.ended, Bun.sleep(0).then(() => "open")]);
  return `${wire.text}\n${ending}`.replaceAll(/^(?:date|keep-alive): .*\n/gim, "");
}

async function seen(port: number): Promise<string> {
  await Bun.sleep(QUIET_MS);
  return (await ask({ port }, "/seen")).text;
}

async function all(port: number): Promise<Record<string, string[]>> {
  const result: Record<string, string[]> = {};
  for (const [title, pieces] of Object.entries(UPGRADES)) {
    result[title] = [await heard(port, pieces), await seen(port)];
  }
  return result;
}

test("upgrades are under pounce what they are under bun", async () => {
  await using bun = await startUnderBun(program);
  await using server = await startProgram(program, { workers: 1 });
  const [expected, found] = await Promise.all([all(bun.port), all(server.port)]);
  expect(expected["no key"]?.[0]).toContain("HTTP/1.1 400");
  expect(found).toEqual(expected);
}, 120_000);
