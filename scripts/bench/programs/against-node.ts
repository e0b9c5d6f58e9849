// A program under pounce against the same program under PM2 and under Node's cluster module. One
// server is up at a time, and each measurement has processes of its own.
import { LoadClient } from "../load/calls.ts";
import type { LatencyCalls } from "../load/latency-client.ts";
import type { Throughput, ThroughputCalls } from "../load/throughput-client.ts";
import { type Bench, CONNECTIONS, note } from "../measure.ts";
import { pssMb } from "../proc.ts";
import { judged, type Row, shown } from "../report.ts";
import { estimate, median } from "../statistics.ts";
import {
  type Cluster,
  CLUSTER_NAMES,
  type ClusterName,
  CLUSTERS,
  type Programs,
} from "./servers.ts";

/** A share of the rounds that other measurements have, since each of these takes a start. */
const ROUNDS_SHARE = 0.25;
const WARM_UP_MS = 500;

interface Figures extends Throughput {
  readonly p99Ms: number;
  /** PSS of all processes right after the load. */
  readonly memoryMb: number;
}

export interface Contest {
  readonly bench: Bench;
  readonly programs: Programs;
  readonly name: string;
  readonly file: string;
  /** The least ratio of requests per second to Node, where that is a requirement. */
  readonly limit?: number;
  readonly client: LoadClient<ThroughputCalls>;
}

type Round = Record<ClusterName, Figures>;

/** The rate is what the 99th percentile is measured at. */
export async function againstNode(contest: Contest, requestsPerSecond: number): Promise<Row[]> {
  const rounds: Round[] = [];
  const count = Math.ceil(contest.bench.rounds * ROUNDS_SHARE);
  for (let number = 0; number < count; number += 1) {
    const first = number % CLUSTER_NAMES.length;
    const round: Partial<Round> = {};
    for (const name of [...CLUSTER_NAMES.slice(first), ...CLUSTER_NAMES.slice(0, first)]) {
      round[name] = await measure(contest, name, requestsPerSecond);
    }
    rounds.push(round as Round);
  }
  for (const name of CLUSTER_NAMES) note(`${contest.name}, ${name}: ${describe(rounds, name)}`);
  return CLUSTER_NAMES.filter((name) => name !== "pounce").flatMap((name) =>
    report(contest, rounds, name, requestsPerSecond),
  );
}

async function measure(
  contest: Contest,
  name: ClusterName,
  requestsPerSecond: number,
): Promise<Figures> {
  const server = await CLUSTERS[name](contest.programs, contest.file);
  const throughput = await measureThroughput(contest, server);
  const p99Ms = await measureP99(contest, server, requestsPerSecond);
  const memoryMb = server.processes().reduce((sum, pid) => sum + pssMb(pid), 0);
  await server.end();
  return { ...throughput, p99Ms, memoryMb };
}

/** What a warm server can take: the first of two measurements does not count. */
export async function measureThroughput(contest: Contest, server: Cluster): Promise<Throughput> {
  const { seconds } = contest.bench;
  const { port } = server;
  const workers = server.workers();
  const given = { port, path: "/", workers, connections: CONNECTIONS, seconds };
  await contest.client.call("measure", given);
  return contest.client.call("measure", given);
}

async function measureP99(
  { bench, name }: Contest,
  { port }: Cluster,
  requestsPerSecond: number,
): Promise<number> {
  const client = new LoadClient<LatencyCalls>("latency-client.ts");
  const rate = { port, path: "/", connections: CONNECTIONS, requestsPerSecond, freshPerSecond: 0 };
  await client.call("start", rate);
  await Bun.sleep(WARM_UP_MS);
  const { p99Ms } = await client.call("sample", { ms: bench.seconds * 1000 });
  const { lost } = await client.call("stop", null);
  await client.end();
  if (lost > 0) throw new Error(`${name}: ${lost} requests were lost on port ${port}`);
  return p99Ms;
}

function of(rounds: readonly Round[], name: ClusterName, key: keyof Figures): number {
  return median(rounds.map((round) => round[name][key]));
}

function describe(rounds: readonly Round[], name: ClusterName): string {
  return [
    `${Math.round(of(rounds, name, "requestsPerSecond"))} requests/s`,
    `${of(rounds, name, "cpuMicrosPerRequest").toFixed(1)} µs CPU each`,
    `p99 ${of(rounds, name, "p99Ms").toFixed(2)} ms`,
    `${of(rounds, name, "memoryMb").toFixed(1)} MB`,
  ].join(", ");
}

function report(
  contest: Contest,
  rounds: readonly Round[],
  peer: ClusterName,
  rate: number,
): Row[] {
  const ratio = (key: keyof Figures) =>
    estimate(rounds.map((round) => round.pounce[key] / round[peer][key]));
  const both = (key: keyof Figures, digits: number, unit: string): string => {
    const [ours, theirs] = [of(rounds, "pounce", key), of(rounds, peer, key)];
    return `${ours.toFixed(digits)} / ${theirs.toFixed(digits)}${unit}`;
  };
  const figure = (requirement: string, key: keyof Figures, digits: number, unit: string) => ({
    requirement,
    unit: "ratio" as const,
    measured: ratio(key),
    detail: both(key, digits, unit),
  });
  const requirement = `${contest.name}: requests/s, pounce / ${peer}, two workers each`;
  const speed = figure(requirement, "requestsPerSecond", 0, "");
  const { limit } = contest;
  return [
    limit === undefined ? shown(speed) : judged({ ...speed, limit: { atLeast: limit } }),
    shown(figure("  server CPU of a request", "cpuMicrosPerRequest", 1, " µs")),
    shown(figure(`  p99 at ${rate} requests/s`, "p99Ms", 2, " ms")),
    shown(figure("  memory (PSS) of all processes, after load", "memoryMb", 1, " MB")),
  ];
}
