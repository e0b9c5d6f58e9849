// p99 in the second after a reload against a steady one, under half of the load that the server can
// take. "After a reload" begins when new connections go to the new workers; the second that begins
// with the signal is shown too. Beside it, a raw pair that is not touched while an equal second
// pair is started: what the start of processes alone does to latency on this machine.
import { type Bench, CONNECTIONS, note } from "./measure.ts";
import { LoadClient } from "./load/calls.ts";
import type { LatencyCalls, Rate, Window } from "./load/latency-client.ts";
import type { ThroughputCalls } from "./load/throughput-client.ts";
import { atMost, type Row, shown } from "./report.ts";
import { benchFile, Pounce, RawPair, type Server } from "./servers.ts";
import { estimate, median } from "./statistics.ts";

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

export async function latency(bench: Bench): Promise<Row[]> {
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
  const ofPounce: Seconds[] = [];
  const ofRaw: Seconds[] = [];
  for (let done = 0; done < bench.rounds * RELOADS_PER_ROUND; done += 1) {
    ofPounce.push(await measure(pounce, requestsPerSecond, reloadPounce));
    ofRaw.push(await measure(raw, requestsPerSecond, startAnotherPair));
  }
  await Promise.all([pounce.end(), raw.end()]);
  return report(ofPounce, ofRaw);
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

function report(ofPounce: readonly Seconds[], ofRaw: readonly Seconds[]): Row[] {
  const ratios = (all: readonly Seconds[], key: keyof Seconds): number[] =>
    all.map((seconds) => seconds[key] / seconds.steady);
  const text = (all: readonly Seconds[], key: keyof Seconds): string => {
    const { median: middle, low, high } = estimate(ratios(all, key));
    const p99 = median(all.map((seconds) => seconds[key])).toFixed(2);
    return `${middle.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}] (${p99} ms)`;
  };
  const both = (name: string, key: keyof Seconds): Row =>
    shown(name, text(ofPounce, key), text(ofRaw, key));
  return [
    {
      requirement: "latency: p99 in the second after a reload / steady",
      limit: `<= ${LIMIT}`,
      measured: text(ofPounce, "fromSteer"),
      control: `${text(ofRaw, "fromSteer")}, another pair beside it`,
      verdict: atMost(median(ratios(ofPounce, "fromSteer")), LIMIT),
    },
    both("  in the second from the signal / steady", "fromSignal"),
    both("  in another steady second / steady", "steadyAgain"),
  ];
}
