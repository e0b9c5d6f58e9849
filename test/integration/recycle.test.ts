// Workers that have reached a limit of [recycle], under load: each is replaced by a new one before
// it drains, one at a time, and nothing is lost.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(60_000);
afterAll(stopAllServers);

const TELLS = `
export const shutdown = ({ worker, reason }) => console.log("hook", worker, reason);
`;
const app = honoApp("v0") + TELLS;

test("many replacements by number of requests lose nothing, and there is one at a time", async () => {
  const recycle = { max_requests: 50, max_requests_jitter: 50 };
  await using server = await startPounce({ app, config: { workers: 2, recycle } });
  const modes = ["connect", "keep-alive", "slow-handler", "post", "websocket"] as const;
  const load = startLoad({ port: server.port, modes, clients: 25, keepAliveMs: 2_000, gapMs: 20 });
  const replaced = (): string[] =>
    server.logs.messages().filter((line) => line.includes("(recycle.max_requests)"));
  let most = 0;
  await until("three were replaced", () => {
    most = Math.max(most, server.workers().length);
    return replaced().length > 3;
  });
  expectNoLoss(await load.stop());
  expect(most).toBeLessThanOrEqual(3);
  const log = server.logs.messages().join("\n");
  expect(log).toContain("hook 0 recycle");
  expect(log).not.toContain("exited unexpectedly");
  // Between two of them the one before has become idle.
  const order = log.match(/recycle\.max_requests|is idle/g) ?? [];
  for (const [at, what] of order.entries()) {
    expect(what).toBe(at % 2 === 0 ? "recycle.max_requests" : "is idle");
  }
});

test("a reload meanwhile replaces all, and the workers of the new version are worn later", async () => {
  const recycle = { max_lifetime: "2s" };
  await using server = await startPounce({ app, config: { workers: 2, recycle } });
  await server.waitForLog("(recycle.max_lifetime)");
  await server.reload();
  await server.waitForLog(/generation 1\), which has run for \ds \(recycle.max_lifetime\)/);
  const { code } = await server.stop();
  expect(code).toBe(0);
});
