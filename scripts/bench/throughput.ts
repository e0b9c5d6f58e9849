// Keep-alive throughput of two workers against two processes of raw Bun.serve, for each kind of
// app.
import { type Bench, note } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { Throughput, ThroughputCalls } from "./load/throughput-client.ts";
import { atLeastWithin, formatRatio, isNoisy, type Row, shown } from "./report.ts";
import { measureRounds, NAMES, type Name, ratios, type Round } from "./rounds.ts";
import { benchFile, Pounce, RawPair } from "./servers.ts";
import { median } from "./statistics.ts";

const LIMIT = 0.99;

const APPS = [
  { name: "sync", file: "sync.ts", path: "/" },
  { name: "async", file: "async.ts", path: "/" },
  { name: "waiting", file: "waiting.ts", path: "/" },
  { name: "Hono text", file: "hono.ts", path: "/" },
  { name: "Hono JSON", file: "hono.ts", path: "/json" },
] as const;

type App = (typeof APPS)[number];

const SHOWN: Readonly<Record<Name, string>> = { first: "rawA", measured: "pounce", second: "rawB" };

export async function throughput(bench: Bench): Promise<Row[]> {
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const rows: Row[] = [];
  for (const app of APPS) {
    const file = benchFile(`apps/${app.file}`);
    const servers = {
      first: await RawPair.start(bench.workspace, file),
      measured: await Pounce.start(bench.workspace, file),
      second: await RawPair.start(bench.workspace, file),
    };
    rows.push(...report(app, await measureRounds(bench, servers, app.path, client)));
  }
  await client.end();
  return rows;
}

function report(app: App, rounds: readonly Round[]): Row[] {
  const of = (name: Name, key: keyof Throughput): number =>
    median(rounds.map((round) => round[name][key]));
  for (const name of NAMES) {
    const rate = Math.round(of(name, "requestsPerSecond"));
    const cpu = of(name, "cpuMicrosPerRequest").toFixed(2);
    note(`${app.name.padEnd(9)}  ${SHOWN[name].padEnd(6)}  ${rate} requests/s, ${cpu} µs CPU each`);
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
      measured: formatRatio(speed.ratio),
      control: formatRatio(speed.control),
      verdict: atLeastWithin(speed.ratio, LIMIT, speed.control),
    },
    shown("  server CPU of a request", formatRatio(cpu.ratio), formatRatio(cpu.control)),
  ];
}
