// What the access log costs: throughput with it, written to a file, against the same server
// without.
import type { Bench, Findings } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { ThroughputCalls } from "./load/throughput-client.ts";
import type { Row } from "./report.ts";
import { measureRounds, type Round, rowsOf } from "./rounds.ts";
import { benchFile, Pounce } from "./servers.ts";

/** At most 15 % over no log. */
const LIMIT = 0.85;

const STAGES = ["sync.ts", "hono.ts"].flatMap((app) =>
  ["common", "json"].map((format) => ({ app, format })),
);

interface Found {
  readonly app: string;
  readonly format: string;
  readonly rounds: readonly Round[];
}

export async function accessLog(bench: Bench): Promise<Findings> {
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const all: Found[] = [];
  for (const [number, { app, format }] of STAGES.entries()) {
    bench.progress.stage(`${app}, ${format}`, number, STAGES.length);
    all.push(await measureFormat(bench, app, format, client));
  }
  await client.end();
  return { rows: all.flatMap(report), rounds: all };
}

async function measureFormat(
  bench: Bench,
  app: string,
  format: string,
  client: LoadClient<ThroughputCalls>,
): Promise<Found> {
  const { workspace } = bench;
  const file = benchFile(`apps/${app}`);
  const flags = ["--log-access", `${workspace.dir}/access.log`, "--log-access-format", format];
  const starts = {
    first: () => Pounce.start(workspace, file),
    measured: () => Pounce.start(workspace, file, { flags }),
    second: () => Pounce.start(workspace, file),
  };
  return { app, format, rounds: await measureRounds(bench, starts, "/", client) };
}

function report({ app, format, rounds }: Found): Row[] {
  return rowsOf(`throughput, ${app}: with access log (${format}) / without`, LIMIT, rounds);
}
