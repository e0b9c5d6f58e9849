// Memory of the master and two workers, against two raw processes: at rest after a short load. The
// two are up one after the other, since pages of an executable that both map would count half.
import { type Bench, CONNECTIONS, note } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { ThroughputCalls } from "./load/throughput-client.ts";
import { anonymousPssMb, pssMb } from "./proc.ts";
import { atMost, type Row, shown } from "./report.ts";
import { benchFile, Pounce, RawPair, type Server } from "./servers.ts";

const LIMIT_MB = 45;
/** A heap gives back what a load has left in it only some seconds later. */
const SETTLE_MS = 10_000;

interface Memory {
  readonly fresh: number[];
  readonly loaded: number[];
  readonly settled: number[];
  readonly settledAnonymous: number[];
}

export async function memory(bench: Bench): Promise<Row[]> {
  const app = benchFile("apps/sync.ts");
  const pounce = await Pounce.start(bench.workspace, app);
  const pids = [pounce.master.pid, ...pounce.workers()];
  const ofPounce = await measure(bench, pounce, pids);
  const raw = await RawPair.start(bench.workspace, app);
  const ofRaw = await measure(bench, raw, raw.workers());
  const both = (name: string, key: keyof Memory): Row =>
    shown(name, `${sum(ofPounce[key]).toFixed(1)} MB`, `${sum(ofRaw[key]).toFixed(1)} MB`);
  const perProcess = ofPounce.settled.map((mb) => mb.toFixed(1)).join(" + ");
  return [
    {
      requirement: "memory: PSS of master and 2 workers, after load",
      limit: `<= ${LIMIT_MB} MB`,
      measured: `${sum(ofPounce.settled).toFixed(1)} MB (${perProcess})`,
      control: `${sum(ofRaw.settled).toFixed(1)} MB (2 raw processes)`,
      verdict: atMost(sum(ofPounce.settled), LIMIT_MB),
    },
    both("  of that, not pages of the executable", "settledAnonymous"),
    both("  before any request", "fresh"),
    both("  right after the load", "loaded"),
  ];
}

/** Measures the processes, loads the server, measures twice more, and ends it. */
async function measure(bench: Bench, server: Server, pids: readonly number[]): Promise<Memory> {
  const look = (): number[] => pids.map(pssMb);
  const client = new LoadClient<ThroughputCalls>("throughput-client.ts");
  const fresh = look();
  const { requestsPerSecond } = await client.call("measure", {
    port: server.port,
    path: "/",
    workers: server.workers(),
    connections: CONNECTIONS,
    seconds: bench.seconds,
  });
  await client.end();
  const loaded = look();
  note(`memory: a load of ${bench.seconds} s with ${Math.round(requestsPerSecond)} requests/s`);
  await Bun.sleep(SETTLE_MS);
  const settled = look();
  const settledAnonymous = pids.map(anonymousPssMb);
  await server.end();
  return { fresh, loaded, settled, settledAnonymous };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
