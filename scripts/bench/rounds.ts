// Throughput of one server against that of two others that are the same, in one run. All three are
// up all the time; each round measures them in an order that rotates. The ratio of a round is the
// one to the mean of the two; the control is the second of the two to the first.
import { type Bench, CONNECTIONS } from "./measure.ts";
import type { LoadClient } from "./load/calls.ts";
import type { Throughput, ThroughputCalls } from "./load/throughput-client.ts";
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

/** Measures the rounds, and ends the servers. */
export async function measureRounds(
  { rounds: count, seconds }: Bench,
  servers: Contest<Server>,
  path: string,
  client: LoadClient<ThroughputCalls>,
): Promise<Round[]> {
  const measure = (server: Server): Promise<Throughput> =>
    client.call("measure", {
      port: server.port,
      path,
      workers: server.workers(),
      connections: CONNECTIONS,
      seconds,
    });
  // One measurement that does not count, so that no first round runs code that is still cold.
  for (const name of NAMES) await measure(servers[name]);
  const rounds: Round[] = [];
  for (let number = 0; number < count; number += 1) {
    const first = number % NAMES.length;
    const results: Partial<Record<Name, Throughput>> = {};
    for (const name of [...NAMES.slice(first), ...NAMES.slice(0, first)]) {
      results[name] = await measure(servers[name]);
    }
    rounds.push(results as Round);
  }
  await Promise.all(NAMES.map((name) => servers[name].end()));
  return rounds;
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
