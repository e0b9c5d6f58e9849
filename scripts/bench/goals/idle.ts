// What pounce costs that nobody asks anything: from its start to the first answer, and the CPU time
// of a reload, of all processes.
import { untilAnswer } from "../http.ts";
import { type Bench, type Findings, repeat } from "../measure.ts";
import { familyCpuMicros } from "../proc.ts";
import { judged, type Row, shown } from "../report.ts";
import { freePort } from "../servers.ts";
import { estimate, estimateRatio, median } from "../statistics.ts";
import { formatValue } from "../table.ts";
import { pairOf } from "./ours.ts";
import { type Ours, rotated, startSubject, type Subject, type SubjectName } from "./subjects.ts";

/** Each takes more than a second, which is nearly all rest. */
const RELOADS = 2;
/** What a process still does once it is up, and the old ones at their end. */
const SETTLE_MS = 100;

interface Idle {
  readonly startMs: number;
  /** CPU time of the first reload of a server, whose code is cold. */
  readonly firstReloadCpuMs: number;
  /** Of all of them, on average. */
  readonly reloadCpuMs: number;
}

export type IdleRound = Partial<Record<SubjectName, Idle>>;

export async function idle(bench: Bench): Promise<Findings> {
  const { before } = bench.workspace;
  const names: SubjectName[] = ["naive", "pounce", "naiveAgain"];
  if (before !== undefined) names.push("before");
  // Fills the page cache.
  for (const name of names) await (await startSubject(bench.workspace, name)).end();
  const rounds = await repeat<IdleRound>(bench, bench.rounds, async (number) => {
    const round: IdleRound = {};
    for (const name of rotated(names, number)) round[name] = await measure(bench, name);
    return round;
  });
  return { rows: idleRows(rounds), rounds };
}

async function measure({ workspace }: Bench, name: SubjectName): Promise<Idle> {
  const port = freePort();
  const startedMs = performance.now();
  const starting = startSubject(workspace, name, { port });
  await untilAnswer(port);
  const startMs = performance.now() - startedMs;
  const subject = await starting;
  await Bun.sleep(SETTLE_MS);
  const firstReloadCpuMs = await reloadCpu(subject, 1);
  const others = await reloadCpu(subject, RELOADS - 1);
  await subject.end();
  return { startMs, firstReloadCpuMs, reloadCpuMs: (firstReloadCpuMs + others) / RELOADS };
}

/** CPU time of reloads one after the other, in milliseconds. */
async function reloadCpu(subject: Subject, count: number): Promise<number> {
  const look = (): number => subject.roots.reduce((sum, pid) => sum + familyCpuMicros(pid), 0);
  const before = look();
  for (let number = 0; number < count; number += 1) {
    await subject.write();
    await subject.reload().complete;
    await Bun.sleep(SETTLE_MS);
  }
  return (look() - before) / 1000;
}

export function idleRows(rounds: readonly IdleRound[]): Row[] {
  const of = (name: SubjectName, key: keyof Idle): number[] =>
    rounds.map((round) => round[name]?.[key] ?? Number.NaN);
  const pair = (figures: (name: Ours) => readonly number[]) =>
    pairOf(
      rounds.every(({ before }) => before !== undefined),
      figures,
    );
  const control = (key: keyof Idle) => estimateRatio(of("naiveAgain", key), of("naive", key));
  const both = (key: keyof Idle): string =>
    [of("pounce", key), of("naive", key)]
      .map((values) => formatValue(median(values), "ms"))
      .join(" / ");
  const toNaive = (key: keyof Idle) => (name: Ours) =>
    of(name, key).map((value, index) => value / (of("naive", key)[index] ?? Number.NaN));
  const naiveMs = formatValue(median(of("naive", "reloadCpuMs")), "ms");
  return [
    judged({
      requirement: "CPU time of an idle reload, all processes",
      unit: "ms",
      limit: { atMost: 60 },
      ...pair((name) => of(name, "reloadCpuMs")),
      control: control("reloadCpuMs"),
      detail: `naive: ${naiveMs}`,
    }),
    shown({
      requirement: "  pounce / naive",
      unit: "ratio",
      ...pair(toNaive("reloadCpuMs")),
      detail: both("reloadCpuMs"),
    }),
    shown({
      requirement: "  of the first reload after the start",
      unit: "ms",
      measured: estimate(of("pounce", "firstReloadCpuMs")),
      detail: `naive: ${formatValue(median(of("naive", "firstReloadCpuMs")), "ms")}`,
    }),
    judged({
      requirement: "start to first answer: pounce / naive",
      unit: "ratio",
      limit: { atMost: 1.25 },
      ...pair(toNaive("startMs")),
      control: control("startMs"),
      detail: both("startMs"),
    }),
  ];
}
