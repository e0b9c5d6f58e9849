// A reload loses nothing, for every kind of client: new code each time, and `workers` lowered and
// raised in between. naive.test.ts shows that the same load does see losses where there are any.
import { afterAll, describe, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, type Mode, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers, tomlOf } from "../helpers/server.ts";

afterAll(stopAllServers);

const KEEP_ALIVE_SECONDS = 2;
const WORKERS_AT_START = 4;
/** One entry for each reload. */
const WORKERS = [2, 4];

interface Case {
  mode: Mode;
  clients: number;
  /** Replies in this mode between two reloads. */
  replies: number;
  /** The longest wait between two requests, so that other tests get on. */
  gapMs?: number;
}

/** These keep the machine busy: one at a time. */
const BUSY: Case[] = [
  { mode: "connect", clients: 64, replies: 300 },
  { mode: "connect-close", clients: 64, replies: 300, gapMs: 100 },
  { mode: "keep-alive", clients: 64, replies: 1000 },
  { mode: "post", clients: 64, replies: 200 },
];

/** These mostly wait: all at the same time, each against a server of its own. */
const WAITING: Case[] = [
  { mode: "think-time", clients: 64, replies: 200 },
  { mode: "silent", clients: 64, replies: 64 },
  { mode: "half-request", clients: 64, replies: 64 },
  { mode: "idle-limit", clients: 64, replies: 64 },
  { mode: "slow-upload", clients: 32, replies: 16 },
  { mode: "slow-handler", clients: 64, replies: 32 },
  { mode: "sse", clients: 64, replies: 32 },
  { mode: "websocket", clients: 64, replies: 200 },
];

const config = (workers: number) => ({ workers, keep_alive_timeout: KEEP_ALIVE_SECONDS });

async function reloadsLoseNothing({ mode, clients, replies, gapMs = 0 }: Case): Promise<void> {
  await using server = await startPounce({ config: config(WORKERS_AT_START) });
  const keepAliveMs = KEEP_ALIVE_SECONDS * 1000;
  const load = startLoad({ port: server.port, modes: [mode], clients, keepAliveMs, gapMs });
  await load.untilMore(replies);
  for (const [index, workers] of WORKERS.entries()) {
    await server.write("pounce.toml", tomlOf(config(workers)));
    await server.writeApp(honoApp(`v${index + 1}`));
    await server.reload();
    await load.untilMore(replies);
  }
  const result = await load.stop();
  expectNoLoss(result);
  expect(result.versions).toEqual(["v0", "v1", "v2"]);
  await expectOnlyTheLast(server);
}

/** The last version serves alone, and no worker of an older generation is left. */
async function expectOnlyTheLast(server: ServerProcess): Promise<void> {
  const last = WORKERS.length;
  expect(await versionsServed(server)).toEqual([`v${last}`]);
  const wanted = WORKERS.at(-1) ?? 0;
  const workers = await server.untilWorkers((found) => found.length === wanted);
  expect(workers.map((worker) => worker.generation)).toEqual(Array(wanted).fill(last));
}

describe("two reloads under load lose nothing for clients that", () => {
  for (const it of BUSY) test(it.mode, () => reloadsLoseNothing(it), 60_000);
  for (const it of WAITING) test.concurrent(it.mode, () => reloadsLoseNothing(it), 90_000);
});

describe("reloads whose drains overlap lose nothing for", () => {
  test.concurrent(
    "streams that stay quiet for longer than any idle timeout",
    async () => {
      await using server = await startPounce({ config: config(WORKERS_AT_START) });
      const load = startLoad({ port: server.port, modes: ["quiet-sse", "websocket"], clients: 32 });
      for (const [index, workers] of WORKERS.entries()) {
        await load.until((result) => (result.byMode["websocket"]?.ok ?? 0) >= 100 * (index + 1));
        await server.write("pounce.toml", tomlOf(config(workers)));
        await server.writeApp(honoApp(`v${index + 1}`));
        await server.steer();
      }
      await load.until((result) => (result.byMode["quiet-sse"]?.ok ?? 0) >= 16, 40_000);
      const result = await load.stop();
      expectNoLoss(result);
      expect(result.websocketsClosed).toBeGreaterThanOrEqual(16);
      await expectOnlyTheLast(server);
    },
    90_000,
  );
});
