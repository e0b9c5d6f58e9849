// Keep-alive throughput of two workers against two processes of raw Bun.serve, for each kind of
// app.
import { type Bench, type Findings, note } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { Throughput, ThroughputCalls } from "./load/throughput-client.ts";
import type { Row } from "./report.ts";
import { measureRounds, NAMES, type Name, type Round, rowsOf } from "./rounds.ts";
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

export async function throughput(bench: Bench): Promise<Findings> {
  const { workspace } = bench;
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const rows: Row[] = [];
  const all: { readonly app: string; readonly rounds: readonly Round[] }[] = [];
  for (const [number, app] of APPS.entries()) {
    bench.progress.stage(app.name, number, APPS.length);
    const file = benchFile(`apps/${app.file}`);
    const starts = {
      first: () => RawPair.start(workspace, file),
      measured: () => Pounce.start(workspace, file),
      second: () => RawPair.start(workspace, file),
    };
    const rounds = await measureRounds(bench, starts, app.path, client);
    rows.push(...report(app, rounds));
    all.push({ app: app.name, rounds });
  }
  await client.end();
  return { rows, rounds: all };
}

function report(app: App, rounds: readonly Round[]): Row[] {
  const of = (name: Name, key: keyof Throughput): number =>
    median(rounds.map((round) => round[name][key]));
  for (const name of NAMES) {
    const rate = Math.round(of(name, "requestsPerSecond"));
    const cpu = of(name, "cpuMicrosPerRequest").toFixed(2);
    note(`${app.name.padEnd(9)}  ${SHOWN[name].padEnd(6)}  ${rate} requests/s, ${cpu} µs CPU each`);
  }
  return rowsOf(`throughput, ${app.name}: pounce / raw`, LIMIT, rounds);
}
