// What the access log costs: throughput with it, written to a file, against the same server
// without.
import type { Bench } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { ThroughputCalls } from "./load/throughput-client.ts";
import { atLeastWithin, formatRatio, type Row, shown } from "./report.ts";
import { measureRounds, ratios } from "./rounds.ts";
import { benchFile, Pounce } from "./servers.ts";

/** At most 15 % over no log. */
const LIMIT = 0.85;

const APPS = ["sync.ts", "hono.ts"];
const FORMATS = ["common", "json"];

export async function accessLog(bench: Bench): Promise<Row[]> {
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const rows: Row[] = [];
  for (const app of APPS) {
    for (const format of FORMATS) rows.push(...(await measureFormat(bench, app, format, client)));
  }
  await client.end();
  return rows;
}

async function measureFormat(
  bench: Bench,
  app: string,
  format: string,
  client: LoadClient<ThroughputCalls>,
): Promise<Row[]> {
  const { workspace } = bench;
  const file = benchFile(`apps/${app}`);
  const flags = ["--log-access", `${workspace.dir}/access.log`, "--log-access-format", format];
  const servers = {
    first: await Pounce.start(workspace, file),
    measured: await Pounce.start(workspace, file, { flags }),
    second: await Pounce.start(workspace, file),
  };
  const rounds = await measureRounds(bench, servers, "/", client);
  const speed = ratios(rounds, "requestsPerSecond");
  const cpu = ratios(rounds, "cpuMicrosPerRequest");
  return [
    {
      requirement: `throughput, ${app}: with access log (${format}) / without`,
      limit: `>= ${LIMIT}`,
      measured: formatRatio(speed.ratio),
      control: formatRatio(speed.control),
      verdict: atLeastWithin(speed.ratio, LIMIT, speed.control),
    },
    shown("  server CPU of a request", formatRatio(cpu.ratio), formatRatio(cpu.control)),
  ];
}
