// A canary where all workers accept from one socket: they do so in turns.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const APP = `
  let number;
  export default {
    startup({ generation }) { number = generation; },
    fetch: () => new Response(String(number)),
  };
`;

const CONFIG = `
app = "./app.ts"
uds = "app.sock"
workers = 1

[rollout]
canary = 0.5
canary_duration = "1s"
`;

test("on a Unix socket a canary gets its share of the time, and then everything", async () => {
  await using server = await startPounce({ app: APP, config: CONFIG });
  const unix = join(server.dir, "app.sock");
  const counts: [number, number] = [0, 0];
  const ask = async (): Promise<number> => {
    const response = await fetch("http://localhost/", { unix, keepalive: false });
    return Number(await response.text());
  };
  server.signal("SIGHUP");
  await server.waitForLog("gets 50 % of new connections");
  const isOver = (): boolean => server.logs.text().includes("Draining old workers (generation 0)");
  while (!isOver()) counts[(await ask()) === 0 ? 0 : 1] += 1;
  const share = counts[1] / (counts[0] + counts[1]);
  // Exact to some points on a machine that has nothing else to do.
  expect(share).toBeGreaterThan(0.1);
  expect(share).toBeLessThan(0.9);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
});
