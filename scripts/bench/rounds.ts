// Throughput of one server against that of two others that are the same, in one run. Each round has
// fresh processes of all three, and measures them in an order that rotates. The ratio of a round is
// the one to the mean of the two; the control is the second of the two to the first.
import { type Bench, CONNECTIONS, repeat } from "./measure.ts";
import type { LoadClient } from "./load/calls.ts";
import type { Throughput, ThroughputCalls } from "./load/throughput-client.ts";
import { judged, type Row, shown } from "./report.ts";
import type { Server } from "./servers.ts";
import { type Estimate, estimate } from "./statistics.ts";

/** What is measured: `measured` against `first` and `second`. */
interface Contest<T> {
  readonly first: T;
  readonly measured: T;
  readonly second: T;
}

export type Round = Contest<Throughput>;
export type Name = keyof Round;
export const NAMES: readonly Name[] = ["first", "measured", "second"];

/** Asks for a path over connections that stay open. */
export function measureRounds(
  bench: Bench,
  starts: Contest<() => Promise<Server>>,
  path: string,
  client: LoadClient<ThroughputCalls>,
): Promise<Round[]> {
  return contest(bench, starts, ({ port, workers }) => {
    const load = { port, path, connections: CONNECTIONS, seconds: bench.seconds };
    return client.call("measure", { ...load, workers });
  });
}

/** What is known of a server that runs. */
interface Reached {
  readonly port: number;
  readonly workers: readonly number[];
}

export function contest(
  bench: Bench,
  starts: Contest<() => Promise<Server>>,
  ask: (reached: Reached) => Promise<Throughput>,
): Promise<Round[]> {
  const measure = (server: Server): Promise<Throughput> =>
    ask({ port: server.port, workers: server.workers() });
  return repeat(bench, bench.rounds, async (number) => {
    const first = number % NAMES.length;
    const order = [...NAMES.slice(first), ...NAMES.slice(0, first)];
    const servers: Partial<Record<Name, Server>> = {};
    for (const name of order) {
      const server = await starts[name]();
      servers[name] = server;
      // Does not count: the server's code is cold.
      await measure(server);
    }
    const results: Partial<Record<Name, Throughput>> = {};
    for (const [name, server] of Object.entries(servers)) {
      results[name as Name] = await measure(server);
    }
    await Promise.all(Object.values(servers).map((server) => server.end()));
    return results as Round;
  });
}

/**
 * What the rounds say: the throughput, and the CPU time that goes with it.
 * @param atLeast the limit of the throughput; undefined: it has none
 */
export function rowsOf(
  requirement: string,
  atLeast: number | undefined,
  rounds: readonly Round[],
): Row[] {
  const speed = ratios(rounds, "requestsPerSecond");
  const cpu = ratios(rounds, "cpuMicrosPerRequest");
  const row = { unit: "ratio" as const, measured: speed.ratio, control: speed.control };
  return [
    atLeast === undefined
      ? shown({ ...row, requirement })
      : judged({ ...row, requirement, limit: { atLeast } }),
    shown({
      requirement: "  server CPU of a request",
      unit: "ratio",
      measured: cpu.ratio,
      control: cpu.control,
    }),
  ];
}

export function ratios(
  rounds: readonly Round[],
  key: keyof Throughput,
): { readonly ratio: Estimate; readonly control: Estimate } {
  return {
    ratio: estimate(
      rounds.map(({ first, measured, second }) => (2 * measured[key]) / (first[key] + second[key])),
    ),
    control: estimate(rounds.map(({ first, second }) => second[key] / first[key])),
  };
}
