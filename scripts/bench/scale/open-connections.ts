// What a reload costs while up to 10,000 connections are open that have been used and are idle. No
// client opens one again that the server has closed.
import { Clients } from "../goals/clients.ts";
import type { Bench, Findings } from "../measure.ts";
import { familyCpuMicros } from "../proc.ts";
import { judged, type Row, shown } from "../report.ts";
import { Pounce } from "../servers.ts";
import { formatValue } from "../table.ts";
import { writeApp } from "../workspace.ts";
import { repeatConnections, sized, type SizedRound } from "./rounds.ts";

const COUNTS = [0, 100, 1_000, 10_000];
/** The most that a reload with any number may cost of what one with none costs. */
const LIMIT = 2;
/** Long enough for every connection to be used once. */
const USE_MS = 300;
const SETTLE_MS = 500;

interface Found {
  /** Of all processes, from the signal to the end of the old workers. */
  readonly cpuMs: number;
  /** From the signal until new connections go to the new workers. */
  readonly steeredMs: number;
  /** From the signal until the old workers are gone. */
  readonly completeMs: number;
  /** What is left of the connections then. */
  readonly left: number;
}

const FIGURES = [
  ["CPU time of a reload", "cpuMs"],
  ["HUP until new connections go to new workers", "steeredMs"],
  ["HUP to the end of the old workers", "completeMs"],
] as const;

export async function openConnections(bench: Bench): Promise<Findings> {
  const clients = new Clients();
  const found = await repeatConnections(
    bench,
    COUNTS,
    "open connections",
    (count) => measure(bench, clients, count),
    report,
  );
  await clients.end();
  return found;
}

async function measure({ workspace }: Bench, clients: Clients, count: number): Promise<Found> {
  const app = await writeApp(workspace, "async", "v0", "-open");
  const pounce = await Pounce.start(workspace, app);
  const { port, master } = pounce;
  if (count > 0) {
    await clients.open(port, "kept", count);
    await clients.slice(port, USE_MS);
    await clients.hold(port);
  }
  await Bun.sleep(SETTLE_MS);
  const before = familyCpuMicros(master.pid);
  const sentMs = performance.now();
  const { steered, complete } = pounce.reload();
  await steered;
  const steeredMs = performance.now() - sentMs;
  await complete;
  const completeMs = performance.now() - sentMs;
  await Bun.sleep(SETTLE_MS);
  const cpuMs = (familyCpuMicros(master.pid) - before) / 1000;
  const left = count > 0 ? await clients.count(port) : 0;
  if (count > 0) await clients.close(port);
  await pounce.end();
  return { cpuMs, steeredMs, completeMs, left };
}

function report(rounds: readonly SizedRound<Found>[], count: number): Row[] {
  return FIGURES.flatMap(([what, key]) => {
    const measured = sized(rounds, count, (found) => found[key]);
    const row = shown({ requirement: `${what}, ${count} open connections`, unit: "ms", measured });
    if (count === 0) return [row];
    const toNone = rounds.map((round) => ({
      [count]: (round[count]?.[key] ?? Number.NaN) / (round[0]?.[key] ?? Number.NaN),
    }));
    const ratio = judged({
      requirement: `${what}: ${count} open connections / none`,
      unit: "ratio",
      limit: { atMost: LIMIT },
      measured: sized(toNone, count, (value) => value),
      detail: formatValue(measured.median, "ms"),
    });
    return [ratio];
  });
}
