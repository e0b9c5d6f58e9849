// Thousands of slow connections (slowloris) to two workers, while normal clients go on and a reload
// comes through. `bun run verify:deploy slow-clients`. SLOW=… says how many.
import { afterAll, expect, test } from "bun:test";
import { type Measured, measure, startSlowClients } from "../helpers/hostile/slow.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const SLOW = Number(process.env["SLOW"] ?? 5000);
/** What a normal client may wait, on a busy machine. */
const P99_MS = 250;

const app = `
const piece = new Uint8Array(65536);
const endless = () => new ReadableStream({ pull: (it) => it.enqueue(piece) }, { highWaterMark: 1 });
export default async (request) => {
  if (request.url.endsWith("/endless")) return new Response(endless());
  if (request.method === "POST") await request.arrayBuffer();
  return new Response("hello");
};
`;

function print(what: string, { requests, p50, p99, longest, failures }: Measured): void {
  const ms = [p50, p99, longest].map((it) => it.toFixed(1));
  console.log(
    `${what}: ${requests} requests, p50 ${ms[0]} ms, p99 ${ms[1]} ms, longest ${ms[2]} ms, ` +
      `${failures.length} failures`,
  );
}

test("normal clients go on, and a reload comes through", async () => {
  const config = { workers: 2, keep_alive_timeout: 10, reload_timeout: 8 };
  await using server = await startPounce({ app, config });
  const before = await measure(server, Bun.sleep(4000));
  print("without slow clients", before);
  const slow = await startSlowClients(server.port, SLOW);
  const during = await measure(server, Bun.sleep(12_000));
  print(`with ${SLOW} slow clients`, during);
  console.log(JSON.stringify(await slow.state()));
  const reloaded = server.reload();
  const over = await measure(server, reloaded);
  print("over a reload", over);
  console.log(
    (await reloaded).lines
      .filter((it) => it.startsWith("[INFO] Receipt"))
      .join("\n")
      .slice(0, 800),
  );
  const state = await slow.state();
  console.log(JSON.stringify(state));
  await slow.stop();
  for (const { failures, p99 } of [during, over]) {
    expect(failures).toEqual([]);
    expect(p99).toBeLessThan(P99_MS);
  }
  expect(state.open).toBeGreaterThan(SLOW / 2);
  const ids = new Set(server.workers().map(({ pid }) => pid));
  expect(ids.size).toBe(2);
}, 120_000);
