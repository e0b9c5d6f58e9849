// Keep-alive throughput of two workers against two processes of raw Bun.serve, for each kind of
// app. Both raw pairs and pounce are up all the time; each round measures raw A, pounce and raw B
// in an order that rotates. The ratio of a round is pounce to the mean of the two; the control is
// B to A.
import { type Bench, CONNECTIONS, note } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { Throughput, ThroughputCalls } from "./load/throughput-client.ts";
import { atLeastWithin, formatRatio, isNoisy, type Row, shown } from "./report.ts";
import { benchFile, Pounce, RawPair, type Server } from "./servers.ts";
import { estimate, median } from "./statistics.ts";

const LIMIT = 0.99;

const APPS = [
  { name: "sync", file: "sync.ts", path: "/" },
  { name: "async", file: "async.ts", path: "/" },
  { name: "waiting", file: "waiting.ts", path: "/" },
  { name: "Hono text", file: "hono.ts", path: "/" },
  { name: "Hono JSON", file: "hono.ts", path: "/json" },
] as const;

type App = (typeof APPS)[number];

interface Round {
  readonly rawA: Throughput;
  readonly pounce: Throughput;
  readonly rawB: Throughput;
}

type Name = keyof Round;
const NAMES: readonly Name[] = ["rawA", "pounce", "rawB"];

export async function throughput(bench: Bench): Promise<Row[]> {
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const rows: Row[] = [];
  for (const app of APPS) rows.push(...report(app, await measureApp(bench, app, client)));
  await client.end();
  return rows;
}

async function measureApp(
  bench: Bench,
  app: App,
  client: LoadClient<ThroughputCalls>,
): Promise<Round[]> {
  const file = benchFile(`apps/${app.file}`);
  const servers: Record<Name, Server> = {
    rawA: await RawPair.start(bench.workspace, file),
    pounce: await Pounce.start(bench.workspace, file),
    rawB: await RawPair.start(bench.workspace, file),
  };
  const measure = (server: Server, seconds: number): Promise<Throughput> =>
    client.call("measure", {
      port: server.port,
      path: app.path,
      workers: server.workers(),
      connections: CONNECTIONS,
      seconds,
    });
  // One measurement that does not count, so that no first round runs code that is still cold.
  for (const name of NAMES) await measure(servers[name], bench.seconds);
  const rounds: Round[] = [];
  for (let number = 0; number < bench.rounds; number += 1) {
    const first = number % NAMES.length;
    const results: Partial<Record<Name, Throughput>> = {};
    for (const name of [...NAMES.slice(first), ...NAMES.slice(0, first)]) {
      results[name] = await measure(servers[name], bench.seconds);
    }
    rounds.push(results as Round);
  }
  await Promise.all(NAMES.map((name) => servers[name].end()));
  return rounds;
}

function report(app: App, rounds: readonly Round[]): Row[] {
  const of = (name: Name, key: keyof Throughput): number =>
    median(rounds.map((round) => round[name][key]));
  for (const name of NAMES) {
    const rate = Math.round(of(name, "requestsPerSecond"));
    const cpu = of(name, "cpuMicrosPerRequest").toFixed(2);
    note(`${app.name.padEnd(9)}  ${name.padEnd(6)}  ${rate} requests/s, ${cpu} µs CPU each`);
  }
  const speed = ratios(rounds, "requestsPerSecond");
  const cpu = ratios(rounds, "cpuMicrosPerRequest");
  if (isNoisy(speed.control)) {
    note(`${app.name}: raw against raw spreads by more than 1 %: ${formatRatio(speed.control)}`);
  }
  return [
    {
      requirement: `throughput, ${app.name}: pounce / raw`,
      limit: `>= ${LIMIT}`,
      measured: formatRatio(speed.pounce),
      control: formatRatio(speed.control),
      verdict: atLeastWithin(speed.pounce, LIMIT, speed.control),
    },
    shown("  server CPU of a request", formatRatio(cpu.pounce), formatRatio(cpu.control)),
  ];
}

function ratios(
  rounds: readonly Round[],
  key: keyof Throughput,
): Record<"pounce" | "control", ReturnType<typeof estimate>> {
  return {
    pounce: estimate(
      rounds.map(({ rawA, pounce, rawB }) => (2 * pounce[key]) / (rawA[key] + rawB[key])),
    ),
    control: estimate(rounds.map(({ rawA, rawB }) => rawB[key] / rawA[key])),
  };
}
