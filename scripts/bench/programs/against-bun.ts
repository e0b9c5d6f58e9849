// CPU time of a request: a program under pounce with one worker against the same program under Bun
// alone. What a process was compiled to differs from start to start, so all are started afresh
// several times.
import type { LoadClient } from "../load/calls.ts";
import type { ThroughputCalls } from "../load/throughput-client.ts";
import type { Bench } from "../measure.ts";
import { atMostWithin, formatRatio, type Row, shown } from "../report.ts";
import { measureRounds, ratios, type Round } from "../rounds.ts";
import { type Programs, startBare, startSinglePounce } from "./servers.ts";

const LIMIT = 1.05;
const ROUNDS_PER_START = 4;

export async function againstBun(
  bench: Bench,
  programs: Programs,
  name: string,
  file: string,
  client: LoadClient<ThroughputCalls>,
): Promise<Row[]> {
  const rounds: Round[] = [];
  for (let left = bench.rounds; left > 0; left -= ROUNDS_PER_START) {
    const servers = {
      first: await startBare(programs, file),
      measured: await startSinglePounce(programs, file),
      second: await startBare(programs, file),
    };
    const some = { ...bench, rounds: Math.min(left, ROUNDS_PER_START) };
    rounds.push(...(await measureRounds(some, servers, "/", client)));
  }
  const cpu = ratios(rounds, "cpuMicrosPerRequest");
  const speed = ratios(rounds, "requestsPerSecond");
  return [
    {
      requirement: `${name}: CPU of a request, pounce / Bun alone, one process each`,
      limit: `<= ${LIMIT}`,
      measured: formatRatio(cpu.ratio),
      control: formatRatio(cpu.control),
      verdict: atMostWithin(cpu.ratio, LIMIT, cpu.control),
    },
    shown("  requests/s", formatRatio(speed.ratio), formatRatio(speed.control)),
  ];
}
