// p99 in the second after a reload, with a warm-up (`rollout.warmup`) and without, for an app that
// does most at its first request. All requests are on new connections: they are what comes to new
// workers first.
import { LoadClient } from "./load/calls.ts";
import type { LatencyCalls } from "./load/latency-client.ts";
import { type Bench, type Findings, repeat } from "./measure.ts";
import { type Row, shown } from "./report.ts";
import { benchFile, Pounce } from "./servers.ts";
import { estimateRatio, median } from "./statistics.ts";

const APP = "apps/cold.ts";
const FRESH_PER_SECOND = 300;
const STEADY_MS = 1000;
const WINDOW_MS = 1000;

type Name = "with" | "without";

export async function warmUp(bench: Bench): Promise<Findings> {
  const app = benchFile(APP);
  const warm = await Pounce.start(bench.workspace, app, { flags: ["--rollout-warmup", "/"] });
  const cold = await Pounce.start(bench.workspace, app);
  const rounds = await repeat(bench, bench.rounds, async () => ({
    with: await secondAfterReload(warm),
    without: await secondAfterReload(cold),
  }));
  await Promise.all([warm.end(), cold.end()]);
  return { rows: [report(rounds)], rounds };
}

/** The 99th percentile, in milliseconds. */
async function secondAfterReload(pounce: Pounce): Promise<number> {
  const client = new LoadClient<LatencyCalls>("latency-client.ts");
  const rate = { connections: 1, requestsPerSecond: 1, freshPerSecond: FRESH_PER_SECOND };
  await client.call("start", { port: pounce.port, path: "/", ...rate });
  await Bun.sleep(STEADY_MS);
  const { steered, complete } = pounce.reload();
  await steered;
  const { p99Ms } = await client.call("sample", { ms: WINDOW_MS });
  await complete;
  const { lost } = await client.call("stop", null);
  await client.end();
  if (lost > 0) throw new Error(`${lost} requests were lost on port ${pounce.port}`);
  return p99Ms;
}

function report(rounds: readonly Record<Name, number>[]): Row {
  const p99 = (name: Name): number[] => rounds.map((round) => round[name]);
  const words = (name: Name): string => median(p99(name)).toFixed(2);
  return shown({
    requirement: "warm-up: p99 in the second after a reload, with it / without",
    unit: "ratio",
    measured: estimateRatio(p99("with"), p99("without")),
    detail: `${words("with")} / ${words("without")} ms`,
  });
}
