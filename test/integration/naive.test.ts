// Proof that the load sees losses: the same modes that come through a reload of pounce lose
// requests in a reload that starts new workers and calls `server.stop()` in the old ones.
import { afterAll, describe, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import {
  expectNoLoss,
  losses,
  type LoadResult,
  type Mode,
  MODES,
  startLoad,
} from "../helpers/load.ts";
import { startNaive, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const KEEP_ALIVE_MS = 2_000;
/** Modes for which the naive server has no route, or which it loses anyway. */
const NEEDS_MORE = new Set<Mode>(["routes", "answers", "quiet-sse"]);

/** Reloads under load until something is lost, at most `reloads` times. */
async function lossesOf(mode: Mode, reloads: number, flags: "--abrupt"[]): Promise<LoadResult> {
  await using server = await startNaive(...flags);
  const load = startLoad({ port: server.port, modes: [mode], keepAliveMs: KEEP_ALIVE_MS });
  await load.untilMore(16);
  for (let count = 1; count <= reloads && losses(load.result) === 0; count += 1) {
    await server.writeApp(honoApp(`v${count}`));
    await server.reload();
    await load.untilMore(16);
  }
  return load.stop();
}

function expectLosses(result: LoadResult): void {
  const { ok, reset, cut, refused } = result.buckets;
  expect(ok).toBeGreaterThan(0);
  expect(reset + cut + refused).toBeGreaterThan(0);
  expect(result.failures).toHaveLength(losses(result));
}

test.concurrent(
  "without a reload the same load sees no loss",
  async () => {
    await using server = await startNaive();
    const modes = (Object.keys(MODES) as Mode[]).filter((mode) => !NEEDS_MORE.has(mode));
    const load = startLoad({ port: server.port, modes, keepAliveMs: KEEP_ALIVE_MS });
    await load.untilMore(8);
    expectNoLoss(await load.stop());
  },
  90_000,
);

describe("a reload that calls server.stop() in the old workers loses requests", () => {
  const modes: Mode[] = [
    "connect",
    "connect-close",
    "keep-alive",
    "silent",
    "half-request",
    "idle-limit",
    "post",
    "websocket",
  ];
  for (const mode of modes) {
    test.concurrent(mode, async () => expectLosses(await lossesOf(mode, 8, [])), 40_000);
  }

  test.concurrent(
    "of a client with think time, now and then",
    async () => expectLosses(await lossesOf("think-time", 40, [])),
    60_000,
  );
});

describe("a reload that ends the old workers at once cuts what is slow", () => {
  const modes: Mode[] = ["slow-upload", "slow-handler", "sse"];
  for (const mode of modes) {
    const cut = async () => expectLosses(await lossesOf(mode, 4, ["--abrupt"]));
    test.concurrent(mode, cut, 40_000);
  }
});

test.concurrent(
  "a stream that is quiet for longer than Bun's idle timeout is cut without any reload",
  async () => {
    await using server = await startNaive();
    const load = startLoad({ port: server.port, modes: ["quiet-sse"], clients: 4 });
    await load.until((result) => losses(result) > 0);
    const { buckets } = await load.stop();
    expect(buckets.cut + buckets.reset).toBeGreaterThan(0);
  },
  60_000,
);
