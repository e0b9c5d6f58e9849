// The crash budget of a server that serves: when it is spent, what is left serves on, the next
// workers are tried ever slower, and `status` and the metrics say so.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { ask } from "../helpers/requests.ts";
import { pounce, startControlled, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

test("a spent crash budget is told, and the others serve on", async () => {
  const respawn = { max_crashes: 2, window: "60s", backoff_min: "20s" };
  const control = { control_socket: "control.sock" };
  await using server = await startControlled({ config: { workers: 2, respawn, ...control } });
  const budgetLeft = async (): Promise<string | undefined> => {
    const unix = join(server.dir, "control.sock");
    const text = await (await fetch("http://pounce/metrics", { unix })).text();
    return /^pounce_crash_budget_left (\d+)$/m.exec(text)?.[1];
  };
  const [, second] = server.workers();
  expect(await budgetLeft()).toBe("2");
  process.kill(second?.pid ?? 0, "SIGKILL");
  const workers = await server.untilWorkers((all) => all.some(({ id }) => id === 2));
  expect(await budgetLeft()).toBe("1");
  process.kill(workers.find(({ id }) => id === 2)?.pid ?? 0, "SIGKILL");
  await server.waitForLog("the crash budget is spent");
  await until("the metrics say so", async () => (await budgetLeft()) === "0");
  const { stdout } = await pounce(server, "status");
  expect(stdout).toMatch(
    /under way: respawn, 1 of 2 workers are ready, the next one starts in [\d.]+s: 2 crashes within 60s/,
  );
  const { crashes } = JSON.parse((await pounce(server, "status", "--json")).stdout);
  expect(crashes).toEqual({ recent: 2, budget: 2, spent: true });
  for (let time = 0; time < 10; time++) expect((await ask(server)).status).toBe(200);
});
