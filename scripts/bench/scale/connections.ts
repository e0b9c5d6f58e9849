// Requests on 10 to 10,000 connections that stay open and all ask at once, against raw Bun.
import { Clients } from "../goals/clients.ts";
import { measureSlice, type Slice } from "../goals/slice.ts";
import { startSubject, type Subject } from "../goals/subjects.ts";
import type { Bench, Findings } from "../measure.ts";
import { type Row, shown } from "../report.ts";
import { mean, median } from "../statistics.ts";
import { repeatConnections, sized, type SizedRound } from "./rounds.ts";

const COUNTS = [10, 100, 1_000, 10_000];
const WARM_UP_MS = 500;
/** The figure of pounce against the mean of two that are the same. */
const NAMES = ["raw", "pounce", "rawAgain"] as const;

type Found = Record<(typeof NAMES)[number], Slice>;
type Key = "requestsPerSecond" | "cpuMicrosPerRequest" | "p99Ms";

export async function connections(bench: Bench): Promise<Findings> {
  const clients = new Clients();
  const found = await repeatConnections(
    bench,
    { counts: COUNTS, servers: NAMES.length, what: "connections" },
    (count) => measure(bench, clients, count),
    report,
  );
  await clients.end();
  return found;
}

/** All three are up at once, and loaded one after the other. */
async function measure(bench: Bench, clients: Clients, count: number): Promise<Found> {
  const subjects: Subject[] = [];
  for (const name of NAMES) {
    const subject = await startSubject(bench.workspace, name);
    await clients.open(subject.port, "kept", count);
    await measureSlice(clients, subject, { ms: WARM_UP_MS });
    subjects.push(subject);
  }
  const found: Partial<Found> = {};
  for (const [index, name] of NAMES.entries()) {
    const subject = subjects[index];
    if (subject === undefined) continue;
    found[name] = await measureSlice(clients, subject, { ms: bench.seconds * 1000 });
  }
  for (const subject of subjects) {
    await clients.close(subject.port);
    await subject.end();
  }
  return found as Found;
}

function report(rounds: readonly SizedRound<Found>[], count: number): Row[] {
  const row = (what: string, key: Key, unit: string, digits: number): Row => {
    const of = (name: keyof Found): string =>
      median(rounds.map((round) => round[count]?.[name][key] ?? Number.NaN)).toFixed(digits);
    return shown({
      requirement: `${what}, ${count} connections: pounce / raw`,
      unit: "ratio",
      measured: sized(rounds, count, ({ pounce, raw, rawAgain }) => {
        return pounce[key] / mean([raw[key], rawAgain[key]]);
      }),
      control: sized(rounds, count, ({ raw, rawAgain }) => rawAgain[key] / raw[key]),
      detail: `${of("pounce")} / ${of("raw")} ${unit}`,
    });
  };
  return [
    row("requests/s", "requestsPerSecond", "/s", 0),
    row("  CPU time of a request", "cpuMicrosPerRequest", "µs", 2),
    row("  p99", "p99Ms", "ms", 1),
  ];
}
