// Thousands of slow connections (slowloris) to two workers, while normal clients go on and a reload
// comes through. `bun run verify:deploy slow-clients`. SLOW=… says how many.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { makeCertificate } from "../helpers/certificates.ts";
import { type Measured, measure, measureTls, startSlowClients } from "../helpers/hostile/slow.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const SLOW = Number(process.env["SLOW"] ?? 5000);
/** A body is measured over 30 s, and looked at now and then. */
const ENDED_MS = 45_000;
/** What a normal client may wait, on a busy machine. */
const P99_MS = 250;
/** So many are open at any time but right after a deadline: each is opened again when it ends. */
const MOST = SLOW * 0.8;

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
  print("without slow clients", await measure(server, Bun.sleep(4000)));
  const slow = await startSlowClients(server.port, SLOW);
  const during = await measure(server, Bun.sleep(12_000));
  print(`with ${SLOW} slow clients`, during);
  console.log(JSON.stringify(await slow.untilOpen(MOST)));
  const reloaded = server.reload();
  const over = await measure(server, reloaded);
  print("over a reload", over);
  const receipt = (await reloaded).lines.find((it) => it.startsWith("[INFO] Receipt"));
  console.log(receipt?.slice(0, 300));
  // Half of them were cut off at the deadline: bodies, chunks and readers. They come again.
  console.log(JSON.stringify(await slow.untilOpen(MOST)));
  await slow.stop();
  judge([during, over]);
  expect(server.workers()).toHaveLength(2);
}, 120_000);

test("over TLS: clients that stay silent after their hello, or within it", async () => {
  const { cert, key } = makeCertificate();
  const tls = { cert: "a.pem", key: "a.pem" };
  await using server = await startPounce({
    app,
    config: { workers: 2, keep_alive_timeout: 10, tls },
    prepare: async (dir) => void (await Bun.write(join(dir, "a.pem"), cert + key, { mode: 0o600 })),
  });
  print("TLS, without slow clients", await measureTls(server, Bun.sleep(4000)));
  const slow = await startSlowClients(server.port, SLOW, "tls");
  const during = await measureTls(server, Bun.sleep(12_000));
  print(`TLS, with ${SLOW} slow clients`, during);
  const reloaded = server.reload();
  const over = await measureTls(server, reloaded);
  print("TLS, over a reload", over);
  console.log(JSON.stringify(await slow.state()));
  await slow.stop();
  judge([during, over]);
}, 120_000);

test("slow clients of each kind but readers are ended", async () => {
  await using server = await startPounce({ app, config: { workers: 1, keep_alive_timeout: 10 } });
  const slow = await startSlowClients(server.port, 300);
  await Bun.sleep(ENDED_MS);
  const { ended } = await slow.state();
  await slow.stop();
  console.log(`of 50 of each kind, after ${ENDED_MS / 1000} s: ${JSON.stringify(ended)}`);
  for (const kind of ["first head", "later head", "body", "chunks", "silent"]) {
    expect([kind, (ended[kind] ?? 0) >= 50]).toEqual([kind, true]);
  }
}, 120_000);

function judge(all: readonly Measured[]): void {
  for (const { failures, p99 } of all) {
    expect(failures).toEqual([]);
    expect(p99).toBeLessThan(P99_MS);
  }
}
