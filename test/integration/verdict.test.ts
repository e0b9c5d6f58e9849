// A new version on trial under load: what becomes of it, and what the receipt, the metrics, the
// status and the command say.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { GenerationSnapshot, Receipt, Snapshot } from "../../src/admin/protocol.ts";
import {
  type Config,
  pounce,
  type ServerProcess,
  startControlled,
  stopAllServers,
  tomlOf,
} from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const rollout = { canary: 0.5, canary_duration: "2s", min_requests: 20 };
const config = { control_socket: "control.sock", rollout };

/** An app whose handler has this body. */
const app = (body: string): string =>
  `let asked = 0;\nexport default { async fetch() { asked++; ${body} } };\n`;
const GOOD = app('return new Response("ok");');
const HALF_BAD = app('return new Response("half", { status: asked % 2 ? 500 : 200 });');
const FAILS_LATE = app(
  'return new Response("late", { status: performance.now() > 1500 ? 500 : 200 });',
);
const SLOW = app('await Bun.sleep(300); return new Response("slow");');

/** Asks on a new connection each time, from several clients, until it is stopped. */
class Clients {
  readonly #clients: readonly Promise<void>[];
  #isOver = false;
  /** Requests without an answer. */
  lost = 0;

  constructor(readonly port: number) {
    this.#clients = Array.from({ length: 12 }, () => this.#ask());
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const answer = fetch(`http://127.0.0.1:${this.port}/`, { headers: { connection: "close" } });
      await answer.then((response) => response.text()).catch(() => this.lost++);
      // Not all of the machine: the time to answer is looked at.
      await Bun.sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }
}

let server: ServerProcess;
let clients: Clients;

/** What the next reload reads. */
async function configure(next: Config): Promise<void> {
  await server.write("pounce.toml", tomlOf({ ...config, rollout: next }));
}

async function reload(source: string): Promise<[number, Receipt]> {
  await server.writeApp(source);
  const { code, stdout } = await pounce(server, "reload", "--wait", "--json");
  return [code, JSON.parse(stdout)];
}

async function status(): Promise<Snapshot> {
  return JSON.parse((await pounce(server, "status", "--json")).stdout);
}

async function metrics(): Promise<readonly string[]> {
  const unix = join(server.dir, "control.sock");
  return (await (await fetch("http://pounce/metrics", { unix })).text()).split("\n");
}

beforeAll(async () => {
  server = await startControlled({ app: GOOD, config });
  clients = new Clients(server.port);
});
afterAll(async () => {
  await clients.stop();
});

test("a version that fails half of its requests is rolled back, and all places say so", async () => {
  const [code, receipt] = await reload(HALF_BAD);
  expect(code).toBe(1);
  expect(receipt).toMatchObject({ outcome: "rolled-back", judged: true, workers: 0 });
  expect(receipt.drain_ms).toBeGreaterThan(0);
  expect(receipt.reason).toContain("of requests failed, more than 5");
  expect(receipt.verdict).toMatchObject({ verdict: "bad", troubles: 0 });
  const { new: fresh, old } = receipt.verdict?.measured ?? {};
  expect(fresh?.requests).toBeGreaterThanOrEqual(rollout.min_requests);
  expect((fresh?.errors ?? 0) / (fresh?.requests ?? 1)).toBeWithin(0.4, 0.6);
  expect(old?.requests).toBeGreaterThan(0);
  expect(old?.errors).toBe(0);
  const lines = await metrics();
  expect(lines).toContain('pounce_reloads_total{outcome="rolled-back"} 1');
  expect(lines).toContain('pounce_reload_verdicts_total{verdict="bad"} 1');
  expect(lines).toContain("pounce_generation 0");
  expect((await status()).last_reload).toMatchObject({
    generation: receipt.generation,
    outcome: "rolled-back",
    reason: receipt.reason,
  });
  expect((await pounce(server, "status")).stdout).toContain(
    `last reload: generation ${receipt.generation} rolled-back`,
  );
});

test("a version that is slow is rolled back, and the command says why, and what to do", async () => {
  await configure({ ...rollout, max_latency_ratio: 5 });
  await server.writeApp(SLOW);
  const { code, stderr } = await pounce(server, "reload");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^pounce: generation \d+ was rolled back: its p99 is .* as long[^\n]*\n.*put the former one back\n$/,
  );
});

test("a good version is promoted; meanwhile status and metrics tell of its trial", async () => {
  await configure(rollout);
  const reloaded = reload(GOOD);
  let onTrial: GenerationSnapshot | undefined;
  await until("the canary has figures", async () => {
    const { generations } = await status();
    onTrial = generations.find(({ role, trial }) => role === "canary" && trial?.measured);
    return onTrial !== undefined;
  });
  expect(onTrial?.trial).toMatchObject({ stage: "canary", share: 0.5, troubles: 0 });
  expect(onTrial?.trial?.remaining).toBeWithin(0, 2);
  expect(onTrial?.trial?.measured?.new.requests).toBeGreaterThan(0);
  expect((await pounce(server, "status")).stdout).toContain(
    "on trial with 50 % of new connections",
  );
  expect(await metrics()).toEqual(
    expect.arrayContaining(['pounce_generations{role="canary"} 1', "pounce_canary_share 0.5"]),
  );
  const [code, receipt] = await reloaded;
  expect(code).toBe(0);
  expect(receipt).toMatchObject({ outcome: "completed", reason: null, judged: true });
  expect(receipt.verdict).toMatchObject({ verdict: "good", measured: { new: { errors: 0 } } });
  expect(receipt.ready_ms).toBeGreaterThanOrEqual(2000);
  const lines = await metrics();
  expect(lines).toContain(`pounce_generation ${receipt.generation}`);
  expect(lines).toContain("pounce_canary_share 0");
});

test("a version that fails late is rolled back from the bake to the one in standby", async () => {
  await configure({ bake: "20s", min_requests: 20 });
  const before = (await metrics()).find((line) => line.startsWith("pounce_generation "));
  const reloaded = reload(FAILS_LATE);
  await until("the new one is on trial", async () => {
    const { generations } = await status();
    const roles = generations.map(({ role, trial }) => `${role} ${trial?.stage ?? "-"}`);
    return roles.join() === "standby -,serving bake";
  });
  const [code, receipt] = await reloaded;
  expect(code).toBe(1);
  expect(receipt).toMatchObject({ outcome: "rolled-back", judged: true });
  expect(receipt.drain_ms).toBeGreaterThan(0);
  expect(receipt.verdict).toMatchObject({ verdict: "bad" });
  // The old one is judged by its whole life.
  expect(receipt.verdict?.measured?.old.requests).toBeGreaterThan(100);
  expect(await metrics()).toContain(before ?? "none");
});

test("no client of all these trials was left without an answer", async () => {
  await clients.stop();
  expect(clients.lost).toBe(0);
});

test("a version that too few have asked is promoted, and its receipt says so", async () => {
  await configure({ ...rollout, canary_duration: "1s" });
  const [code, receipt] = await reload(HALF_BAD);
  expect(code).toBe(0);
  expect(receipt).toMatchObject({ outcome: "completed", judged: false });
  expect(receipt.verdict).toMatchObject({
    verdict: "too-few",
    measured: { new: { requests: 0, errors: 0, p99_ms: null } },
  });
  expect(receipt.verdict?.words).toEndWith("min_requests is 20");
});
