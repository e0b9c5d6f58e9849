// Mutated requests, a hundred thousand of them: to pounce alone, and behind HAProxy and nginx,
// which share their connections to it between clients. Nobody gets another's answer, the app sees
// no request that the proxy has not passed on, and nothing crashes or hangs.
// `bun run verify:deploy hostile`. SEED=… repeats a run, MUTATIONS=… says how many each way.
// packages: nginx haproxy
import { afterAll, describe, expect, test } from "bun:test";
import { type AttackResult, attack } from "../helpers/hostile/attack.ts";
import { type BystanderResult, startBystanders } from "../helpers/hostile/bystander.ts";
import { markerOf } from "../helpers/hostile/marker.ts";
import { mutatedHttp2 } from "../helpers/hostile/mutate-http2.ts";
import { mutated } from "../helpers/hostile/mutate.ts";
import { Random } from "../helpers/hostile/random.ts";
import { fetchApp, nodeApp } from "../helpers/hostile/reporting-apps.ts";
import { startHaproxy, startHaproxyWith } from "../helpers/haproxy.ts";
import { blocksOf } from "../helpers/manual.ts";
import { keepAsking } from "../helpers/http2-client.ts";
import { startNginx } from "../helpers/nginx.ts";
import { ask } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";
import { Wire } from "../helpers/wire.ts";

afterAll(stopAllServers);

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const MUTATIONS = Number(process.env["MUTATIONS"] ?? 100_000);
console.log(`SEED=${SEED} MUTATIONS=${MUTATIONS}`);
/** Nobody holds the processors for longer at a time. */
const LONGEST_MS = 28_000;

interface Report {
  readonly requests: number;
  readonly withoutName: readonly string[];
  readonly twice: readonly string[];
}

async function reportOf({ port }: ServerProcess): Promise<Report> {
  return JSON.parse((await ask({ port }, "/report")).text) as Report;
}

/** The proxy, and not pounce, ends idle connections. */
const start = (app = fetchApp): Promise<ServerProcess> =>
  startPounce({ app, config: { workers: 1, keep_alive_timeout: 60 } });

const workerPids = (server: ServerProcess): number[] => server.workers().map(({ pid }) => pid);

/**
 * Attacks a port in rounds, with bystanders on the same, and judges what both got.
 * @param mayLose Bun ends connections of HTTP/1.0 unannounced, and the proxy is not set for that
 */
async function attackWith(
  server: ServerProcess,
  port: number,
  how: string,
  { other, mayLose = false }: { other?: string; mayLose?: boolean } = {},
): Promise<Report> {
  const before = workerPids(server);
  const random = new Random(SEED);
  let from = 0;
  for (let left = MUTATIONS; left > 0;) {
    const bystanders = startBystanders(port);
    const untilMs = performance.now() + LONGEST_MS;
    const attacked = await attack({ port, random, requests: left, untilMs, from, other });
    const beside = await bystanders.stop();
    print(how, attacked, beside);
    expect(attacked.wrong).toEqual([]);
    expect(beside.wrong).toEqual([]);
    if (!mayLose) expect(beside.lost).toEqual([]);
    expect(beside.answers).toBeGreaterThan(1000);
    from += attacked.connections;
    left -= attacked.requests;
  }
  expect(workerPids(server)).toEqual(before);
  expect(server.logs.text()).not.toContain("[ERROR]");
  return reportOf(server);
}

function print(how: string, attacked: AttackResult, beside: BystanderResult): void {
  const { requests, connections, statuses, wrong } = attacked;
  const sorted = beside.latenciesMs.toSorted((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  console.log(
    `${how}: ${requests} requests on ${connections} connections, answers ${JSON.stringify(statuses)}, ` +
      `${wrong.length} wrong; beside them ${beside.answers} answers, p99 ${p99.toFixed(1)} ms, ` +
      `${beside.wrong.length} wrong, ${beside.lost.length} lost`,
  );
}

const ATTACK_MS = 300_000;

test(
  "alone: nobody gets another's answer, and nothing crashes",
  async () => {
    await using server = await start();
    const { requests } = await attackWith(server, server.port, "alone");
    expect(requests).toBeGreaterThan(MUTATIONS / 10);
  },
  ATTACK_MS,
);

const NAME = [
  "unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid",
  "http-request set-header X-Via %[unique-id]",
].join("\n");

describe.each([
  ["http-reuse always", ""],
  ["http-reuse always", "option accept-invalid-http-request"],
])("behind HAProxy: %s %s", (backend, frontend) => {
  test(
    "the app sees what the proxy has passed on, and nothing else",
    async () => {
      await using server = await start();
      await using proxy = await startHaproxy(server, backend, `${NAME}\n${frontend}`);
      const how = `HAProxy ${frontend}`;
      const { withoutName, twice } = await attackWith(server, proxy.port, how, { mayLose: true });
      expect({ withoutName, twice }).toEqual({ withoutName: [], twice: [] });
    },
    ATTACK_MS,
  );
});

describe.each([["on"], ["off"]])("behind nginx, proxy_request_buffering %s", (buffering) => {
  test(
    "the app sees what the proxy has passed on, and nothing else",
    async () => {
      await using server = await start();
      const lines = `proxy_request_buffering ${buffering}; proxy_set_header X-Via $request_id;`;
      await using proxy = await startNginx(server, lines);
      const { withoutName, twice } = await attackWith(server, proxy.port, `nginx ${buffering}`);
      expect({ withoutName, twice }).toEqual({ withoutName: [], twice: [] });
    },
    ATTACK_MS,
  );
});

test(
  "a program on node:http, behind HAProxy",
  async () => {
    await using server = await start(nodeApp);
    await using proxy = await startHaproxy(server, "http-reuse always", NAME);
    const { withoutName, twice } = await attackWith(server, proxy.port, "node:http");
    expect({ withoutName, twice }).toEqual({ withoutName: [], twice: [] });
  },
  ATTACK_MS,
);

describe("as the manual sets the proxy, with routes that Bun serves by itself", () => {
  test.each(blocksOf("haproxy"))(
    "HAProxy: %s",
    async (_, { text }) => {
      await using server = await start();
      const named = text.replace("frontend f\n", `frontend f\n${NAME}\n`);
      const sections = named.replace("backend app\n", "$&http-reuse always\n");
      await using proxy = await startHaproxyWith(server, sections);
      const { withoutName, twice } = await attackWith(server, proxy.port, "HAProxy, set", {
        other: "/static",
      });
      expect({ withoutName, twice }).toEqual({ withoutName: [], twice: [] });
    },
    ATTACK_MS,
  );
});

test(
  "HTTP/2: nobody gets another's answer, and nothing crashes",
  async () => {
    await using server = await startPounce({ app: fetchApp, config: { workers: 1, h2c: true } });
    const { port } = server;
    const before = workerPids(server);
    const random = new Random(SEED);
    const beside = keepAsking(`http://127.0.0.1:${port}`, { path: "/by" });
    const untilMs = performance.now() + LONGEST_MS;
    const limits = { requests: MUTATIONS, untilMs, from: 0 };
    const { wrong, requests, connections } = await attack({
      port,
      random,
      ...limits,
      make: mutatedHttp2,
    });
    const { requests: answers, lost, texts } = await beside.stop();
    console.log(
      `HTTP/2: ${requests} frames on ${connections} connections; ${answers} answers beside`,
    );
    expect(wrong).toEqual([]);
    expect(lost).toEqual([]);
    expect(Object.keys(texts)).toEqual(["/by "]);
    expect(workerPids(server)).toEqual(before);
    expect(server.logs.text()).not.toContain("[ERROR]");
  },
  ATTACK_MS,
);

/** What a connection may take to end if the client neither sends more nor closes it. */
const END_MS = 60_000;

test("each connection ends within the limits, whatever was sent on it", async () => {
  // What min_upload_rate cannot be certain of, request_timeout ends.
  const config = { workers: 1, keep_alive_timeout: 10, request_timeout: 20 };
  await using server = await startPounce({ app: fetchApp, config });
  const random = new Random(SEED + 1);
  const kept = await Promise.all(
    Array.from({ length: 500 }, async (_, id) => {
      const text = mutated(random).replaceAll("PATH", `/${markerOf(id)}`);
      const wire = await Wire.open({ host: "127.0.0.1", port: server.port });
      return { text, wire: wire.send(Buffer.from(text, "latin1")) };
    }),
  );
  const late = Bun.sleep(END_MS).then(() => "late");
  const ends = await Promise.all(
    kept.map(async ({ text, wire }) => ({ text, end: await Promise.race([wire.ended, late]) })),
  );
  for (const { wire } of kept) wire[Symbol.dispose]();
  expect(ends.filter(({ end }) => end === "late")).toEqual([]);
}, 90_000);
