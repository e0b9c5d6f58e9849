// p99 in the second after a reload against a steady one, under half of the load that the server can
// take. "After a reload" begins when new connections go to the new workers; the second that begins
// with the signal is shown too. Beside it, a raw pair that is not touched while an equal second
// pair is started: what the start of processes alone does to latency on this machine.
import { type Bench, CONNECTIONS, type Findings, note, repeat } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { LatencyCalls, Rate, Window } from "./load/latency-client.ts";
import type { ThroughputCalls } from "./load/throughput-client.ts";
import { judged, type Row, shown } from "./report.ts";
import { benchFile, Pounce, RawPair, type Server } from "./servers.ts";
import { type Estimate, estimateRatio, median } from "./statistics.ts";
import { formatEstimate } from "./table.ts";

const LIMIT = 1.2;
const APP = "apps/hono.ts";
const SHARE_OF_CAPACITY = 0.5;
/** Few, since each leaves a port behind for a minute. */
const FRESH_PER_SECOND = 200;
const WARM_UP_MS = 2_000;
const WINDOW_MS = 1_000;
/** The reloads of a run are fewer than its rounds: each takes several seconds of load. */
const RELOADS_PER_ROUND = 0.5;

/** The 99th percentiles of one reload, in milliseconds. */
interface Seconds {
  readonly steady: number;
  readonly steadyAgain: number;
  readonly fromSignal: number;
  readonly fromSteer: number;
}

/** What disturbs a server: its two moments, and a way to wait until it is over. */
interface Disturbance {
  readonly steered: Promise<unknown>;
  readonly over: () => Promise<unknown>;
}

export async function latency(bench: Bench): Promise<Findings> {
  const { workspace } = bench;
  const app = benchFile(APP);
  const pounce = await Pounce.start(workspace, app);
  const raw = await RawPair.start(workspace, app);
  const requestsPerSecond = Math.round((await capacity(bench, raw)) * SHARE_OF_CAPACITY);
  note(`latency: ${requestsPerSecond} requests/s and ${FRESH_PER_SECOND} on new connections`);
  const startAnotherPair = (): Disturbance => {
    const starting = RawPair.start(workspace, app);
    return { steered: starting, over: async () => (await starting).end() };
  };
  const reloadPounce = (): Disturbance => {
    const { steered, complete } = pounce.reload();
    return { steered, over: () => complete };
  };
  const count = Math.ceil(bench.rounds * RELOADS_PER_ROUND);
  const rounds = await repeat(bench, count, async () => ({
    pounce: await measure(pounce, requestsPerSecond, reloadPounce),
    raw: await measure(raw, requestsPerSecond, startAnotherPair),
  }));
  await Promise.all([pounce.end(), raw.end()]);
  return { rows: report(rounds), rounds };
}

/** What the raw pair can take at most. */
async function capacity(bench: Bench, server: Server): Promise<number> {
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const { requestsPerSecond } = await client.call("measure", {
    port: server.port,
    path: "/",
    workers: server.workers(),
    connections: CONNECTIONS,
    seconds: bench.seconds,
  });
  await client.end();
  return requestsPerSecond;
}

async function measure(
  { port }: Server,
  requestsPerSecond: number,
  disturb: () => Disturbance,
): Promise<Seconds> {
  const rate: Rate = {
    port,
    path: "/",
    connections: CONNECTIONS,
    requestsPerSecond,
    freshPerSecond: FRESH_PER_SECOND,
  };
  const client = new LoadClient<LatencyCalls>("latency-client.ts");
  const sample = (): Promise<Window> => client.call("sample", { ms: WINDOW_MS });
  await client.call("start", rate);
  await Bun.sleep(WARM_UP_MS);
  const steady = await sample();
  const steadyAgain = await sample();
  const sampleFromSignal = sample();
  const { steered, over } = disturb();
  await steered;
  const fromSteer = await sample();
  const fromSignal = await sampleFromSignal;
  await over();
  const { lost } = await client.call("stop", null);
  await client.end();
  if (lost > 0) throw new Error(`${lost} requests were lost on port ${port}`);
  return {
    steady: steady.p99Ms,
    steadyAgain: steadyAgain.p99Ms,
    fromSignal: fromSignal.p99Ms,
    fromSteer: fromSteer.p99Ms,
  };
}

function report(rounds: readonly Record<"pounce" | "raw", Seconds>[]): Row[] {
  const p99 = (name: "pounce" | "raw", key: keyof Seconds): number[] =>
    rounds.map((round) => round[name][key]);
  const toSteady = (name: "pounce" | "raw", key: keyof Seconds): Estimate =>
    estimateRatio(p99(name, key), p99(name, "steady"));
  const figure = (requirement: string, key: keyof Seconds) => ({
    requirement,
    unit: "ratio" as const,
    measured: toSteady("pounce", key),
    detail: [
      `${median(p99("pounce", key)).toFixed(2)} / ${median(p99("pounce", "steady")).toFixed(2)} ms`,
      `raw, another pair beside it: ${formatEstimate(toSteady("raw", key), "ratio")}`,
    ].join("; "),
  });
  return [
    judged({
      ...figure("latency: p99 in the second after a reload / steady", "fromSteer"),
      limit: { atMost: LIMIT },
      control: toSteady("pounce", "steadyAgain"),
    }),
    shown(figure("  in the second from the signal / steady", "fromSignal")),
  ];
}
