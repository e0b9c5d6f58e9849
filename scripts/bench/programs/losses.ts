// What is lost while all workers are replaced three times under load: with a connection for each
// request, and on connections that stay open.
import { LoadClient } from "../load/calls.ts";
import type { LatencyCalls, Rate } from "../load/latency-client.ts";
import { CONNECTIONS } from "../measure.ts";
import { judged, type Row } from "../report.ts";
import { exactly } from "../statistics.ts";
import { CLUSTER_NAMES, type ClusterName, CLUSTERS, type Programs } from "./servers.ts";

const RELOADS = 3;
/** Well under what any of the servers can take, also while it starts workers. */
const MODES = {
  // Few, since each leaves a port behind for a minute.
  close: { connections: 0, requestsPerSecond: 0, freshPerSecond: 300 },
  "keep-alive": { connections: CONNECTIONS, requestsPerSecond: 1_000, freshPerSecond: 0 },
};
const PAUSE_MS = 500;

interface Loss {
  readonly answered: number;
  readonly lost: number;
}

export async function losses(programs: Programs, name: string, file: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [mode, rate] of Object.entries(MODES)) {
    const all: Partial<Record<ClusterName, Loss>> = {};
    for (const cluster of CLUSTER_NAMES) {
      all[cluster] = await measure(programs, cluster, file, rate);
    }
    rows.push(report(`${name}: lost over ${RELOADS} reloads, ${mode}`, all as Losses));
  }
  return rows;
}

async function measure(
  programs: Programs,
  name: ClusterName,
  file: string,
  rate: Omit<Rate, "port" | "path">,
): Promise<Loss> {
  const server = await CLUSTERS[name](programs, file);
  const client = new LoadClient<LatencyCalls>("latency-client.ts");
  await client.call("start", { ...rate, port: server.port, path: "/" });
  await Bun.sleep(PAUSE_MS);
  for (let done = 0; done < RELOADS; done += 1) {
    await server.reload();
    await Bun.sleep(PAUSE_MS);
  }
  const loss = await client.call("stop", null);
  await client.end();
  await server.end();
  return loss;
}

type Losses = Record<ClusterName, Loss>;

function report(requirement: string, all: Losses): Row {
  const text = (name: ClusterName): string =>
    `${all[name].lost} of ${all[name].answered + all[name].lost}`;
  const others = CLUSTER_NAMES.filter((name) => name !== "pounce");
  return judged({
    requirement,
    unit: "count",
    limit: { atMost: 0 },
    measured: exactly(all.pounce.lost),
    detail: ["pounce" as const, ...others].map((name) => `${name}: ${text(name)}`).join("; "),
  });
}
