// CPU time of a request: a program under pounce with one worker against the same program under Bun
// alone.
import type { LoadClient } from "../load/calls.ts";
import type { ThroughputCalls } from "../load/throughput-client.ts";
import type { Bench } from "../measure.ts";
import { judged, type Row, shown } from "../report.ts";
import { measureRounds, ratios } from "../rounds.ts";
import { type Programs, startBare, startSinglePounce } from "./servers.ts";

const LIMIT = 1.05;

export async function againstBun(
  bench: Bench,
  programs: Programs,
  name: string,
  file: string,
  client: LoadClient<ThroughputCalls>,
): Promise<Row[]> {
  const starts = {
    first: () => startBare(programs, file),
    measured: () => startSinglePounce(programs, file),
    second: () => startBare(programs, file),
  };
  const rounds = await measureRounds(bench, starts, "/", client);
  const cpu = ratios(rounds, "cpuMicrosPerRequest");
  const speed = ratios(rounds, "requestsPerSecond");
  return [
    judged({
      requirement: `${name}: CPU of a request, pounce / Bun alone, one process each`,
      unit: "ratio",
      limit: { atMost: LIMIT },
      measured: cpu.ratio,
      control: cpu.control,
    }),
    shown({
      requirement: "  requests/s",
      unit: "ratio",
      measured: speed.ratio,
      control: speed.control,
    }),
  ];
}
