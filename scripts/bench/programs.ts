// Programs that start their own server, each the same file for all: Express, Fastify and Nest under
// pounce, under Bun alone, under PM2 and under Node's cluster module.
import { LoadClient } from "./load/calls.ts";
import type { ThroughputCalls } from "./load/throughput-client.ts";
import type { Bench, Findings } from "./measure.ts";
import { againstBun } from "./programs/against-bun.ts";
import { againstNode, type Contest, measureThroughput } from "./programs/against-node.ts";
import { installPrograms } from "./programs/installed.ts";
import { losses } from "./programs/losses.ts";
import { CLUSTERS } from "./programs/servers.ts";
import { type Row, skipped } from "./report.ts";

const PROGRAMS = [
  { name: "Express", file: "express.mjs", limit: 2.5 },
  { name: "Fastify", file: "fastify.mjs" },
  { name: "Nest", file: "nest.mjs" },
] as const;

/** Of what Node's cluster can take: the load under which the others are compared. */
const SHARE_OF_CAPACITY = 0.5;

export async function programs(bench: Bench): Promise<Findings> {
  const { workspace } = bench;
  const installed = { workspace, dir: await installPrograms(workspace) };
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const hasNode = Bun.which("node") !== null;
  const rows: Row[] = [];
  const begin = (what: string, number: number): void => {
    bench.progress.stage(what, number, PROGRAMS.length * 2);
  };
  for (const [index, program] of PROGRAMS.entries()) {
    const contest = { bench, programs: installed, client, ...program };
    begin(`${program.name}, against Bun alone`, index * 2);
    rows.push(...(await againstBun(bench, installed, program.name, program.file, client)));
    begin(`${program.name}, against PM2 and Node's cluster`, index * 2 + 1);
    if (hasNode) rows.push(...(await compareWithNode(contest)));
  }
  await client.end();
  return { rows: hasNode ? rows : [...rows, NO_NODE], rounds: [] };
}

const NO_NODE = skipped("programs against PM2 and Node's cluster", "no `node` on PATH");

async function compareWithNode(contest: Contest): Promise<Row[]> {
  const { programs: installed, name, file } = contest;
  const server = await CLUSTERS["Node's cluster"](installed, file);
  const capacity = await measureThroughput(contest, server);
  await server.end();
  const rate = Math.round(capacity.requestsPerSecond * SHARE_OF_CAPACITY);
  return [...(await againstNode(contest, rate)), ...(await losses(installed, name, file))];
}
