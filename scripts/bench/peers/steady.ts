// One subject without a reload: what it can take, what a request costs it, how long one waits, and
// the memory that it has after that.
import type { AskingCalls } from "../load/asking-client.ts";
import { LoadClient } from "../load/calls.ts";
import type { LatencyCalls } from "../load/latency-client.ts";
import { CONNECTIONS } from "../measure.ts";
import { busyShare, cpuMicros, type MachineTime, machineTime, pssMb } from "../proc.ts";
import { P99_RATE } from "./figures.ts";
import type { Sample } from "./sample.ts";
import type { Running } from "./subject.ts";

/** One process alone would be slower than the fastest servers. */
const CLIENTS = 2;
/** Code that is compiled while it runs is slow at first. */
const WARM_UP_MS = 3_000;
const P99_WARM_UP_MS = 300;

type Steady = Pick<
  Sample,
  "requestsPerSecond" | "cpuMicrosPerRequest" | "busy" | "p99Ms" | "memoryMb"
>;

export async function measureSteady(
  server: Running,
  port: number,
  seconds: number,
): Promise<Steady> {
  const full = await measureFull(server, port, seconds);
  const memoryMb = sumOf(server, pssMb);
  return { ...full, memoryMb, p99Ms: await measureP99(port, seconds) };
}

async function measureFull(
  server: Running,
  port: number,
  seconds: number,
): Promise<Pick<Sample, "requestsPerSecond" | "cpuMicrosPerRequest" | "busy">> {
  const clients = Array.from(
    { length: CLIENTS },
    () => new LoadClient<AskingCalls>("asking-client.ts"),
  );
  const order = { port, use: "kept", connections: CONNECTIONS / CLIENTS } as const;
  await Promise.all(clients.map((client) => client.call("start", order)));
  await Bun.sleep(WARM_UP_MS);
  const before = await look(server, clients);
  await Bun.sleep(seconds * 1000);
  const after = await look(server, clients);
  await Promise.all(clients.map((client) => client.end()));
  if (after.lost > 0) throw new Error(`${after.lost} requests were lost without a reload`);
  const requests = after.answered - before.answered;
  return {
    requestsPerSecond: (requests * 1000) / (after.atMs - before.atMs),
    cpuMicrosPerRequest: (after.cpuMicros - before.cpuMicros) / requests,
    busy: busyShare(before.machine, after.machine),
  };
}

interface Look {
  readonly atMs: number;
  readonly answered: number;
  readonly lost: number;
  readonly cpuMicros: number;
  readonly machine: MachineTime;
}

async function look(server: Running, clients: readonly LoadClient<AskingCalls>[]): Promise<Look> {
  const counts = await Promise.all(clients.map((client) => client.call("count", null)));
  return {
    atMs: performance.now(),
    answered: counts.reduce((sum, { answered }) => sum + answered, 0),
    lost: counts.reduce((sum, { lost }) => sum + lost, 0),
    cpuMicros: sumOf(server, cpuMicros),
    machine: machineTime(),
  };
}

async function measureP99(port: number, seconds: number): Promise<number> {
  const client = new LoadClient<LatencyCalls>("latency-client.ts");
  const requestsPerSecond = P99_RATE;
  const connections = CONNECTIONS;
  await client.call("start", {
    port,
    path: "/",
    connections,
    requestsPerSecond,
    freshPerSecond: 0,
  });
  await Bun.sleep(P99_WARM_UP_MS);
  const { p99Ms } = await client.call("sample", { ms: seconds * 1000 });
  await client.call("stop", null);
  await client.end();
  return p99Ms;
}

function sumOf(server: Running, figure: (pid: number) => number): number {
  return server.processes().reduce((sum, pid) => sum + figure(pid), 0);
}
