// What more workers cost and bring: pounce with 1 to 8, on whatever processors there are.
import { Clients } from "../goals/clients.ts";
import { measureSlice } from "../goals/slice.ts";
import { startSubject } from "../goals/subjects.ts";
import { untilAnswer } from "../http.ts";
import type { Bench, Findings } from "../measure.ts";
import { familyCpuMicros, familyPssMb } from "../proc.ts";
import { type Row, shown, type Unit } from "../report.ts";
import { freePort } from "../servers.ts";
import { repeatSized, sized } from "./rounds.ts";

const COUNTS = [1, 2, 4, 8];
const WARM_UP_MS = 500;
const SETTLE_MS = 150;

interface Found {
  readonly startMs: number;
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
  readonly loadedMb: number;
  readonly reloadMs: number;
  readonly reloadCpuMs: number;
}

const FIGURES: readonly (readonly [string, keyof Found, Unit])[] = [
  ["start to first answer", "startMs", "ms"],
  ["requests/s", "requestsPerSecond", "/s"],
  ["CPU time of a request", "cpuMicrosPerRequest", "µs"],
  ["memory (PSS) of all processes right after a load", "loadedMb", "MB"],
  ["HUP to the end of an idle reload", "reloadMs", "ms"],
  ["CPU time of an idle reload", "reloadCpuMs", "ms"],
];

export async function workers(bench: Bench): Promise<Findings> {
  const clients = new Clients();
  const rounds = await repeatSized(bench, COUNTS, (count) => measure(bench, clients, count));
  await clients.end();
  const rows = FIGURES.flatMap(([figure, key, unit]) =>
    COUNTS.map((count): Row => {
      const measured = sized(rounds, count, (found) => found[key]);
      return shown({ requirement: `${figure}, with ${count} workers`, unit, measured });
    }),
  );
  return { rows, rounds };
}

async function measure(
  { workspace, seconds }: Bench,
  clients: Clients,
  count: number,
): Promise<Found> {
  const port = freePort();
  const startedMs = performance.now();
  const starting = startSubject(workspace, "pounce", { port, workers: count });
  await untilAnswer(port);
  const startMs = performance.now() - startedMs;
  const subject = await starting;
  const sum = (of: (pid: number) => number): number =>
    subject.roots.reduce((total, pid) => total + of(pid), 0);
  await clients.open(port);
  await measureSlice(clients, subject, { ms: WARM_UP_MS });
  const slice = await measureSlice(clients, subject, { ms: seconds * 1000 });
  await clients.close(port);
  const loadedMb = sum(familyPssMb);
  await Bun.sleep(SETTLE_MS);
  const before = sum(familyCpuMicros);
  await subject.write();
  const sentMs = performance.now();
  await subject.reload().complete;
  const reloadMs = performance.now() - sentMs;
  await Bun.sleep(SETTLE_MS);
  const reloadCpuMs = (sum(familyCpuMicros) - before) / 1000;
  await subject.end();
  const { requestsPerSecond, cpuMicrosPerRequest } = slice;
  return { startMs, requestsPerSecond, cpuMicrosPerRequest, loadedMb, reloadMs, reloadCpuMs };
}
