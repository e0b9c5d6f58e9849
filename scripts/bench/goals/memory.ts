// Memory of a server and its two workers some seconds after a load. Each server runs from a copy of
// the executable: of pages that two servers share, each would count a half.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Findings, note, repeat } from "../measure.ts";
import { familyPssMb } from "../proc.ts";
import { judged, type Row, shown } from "../report.ts";
import { estimate, median } from "../statistics.ts";
import { formatValue } from "../table.ts";
import { Clients } from "./clients.ts";
import { pairOf } from "./ours.ts";
import { measureSlice } from "./slice.ts";
import { rotated, startSubject, type Subject, type SubjectName } from "./subjects.ts";

/** Memory varies little from start to start, and its noise is not that of a clock. */
const MOST_ROUNDS = 4;
const LOAD_MS = 1_000;
/** A heap gives back what a load has left in it only some seconds later. */
const SETTLE_MS = 10_000;

/** The servers of all rounds are up at once. */
export function memoryRounds({ rounds }: Pick<Bench, "rounds">): number {
  return Math.min(rounds, MOST_ROUNDS);
}

interface Memory {
  readonly loadedMb: number;
  readonly settledMb: number;
}

export type MemoryRound = Partial<Record<SubjectName, Memory>>;

export async function memory(bench: Bench): Promise<Findings> {
  const { before } = bench.workspace;
  const names: SubjectName[] = ["pounce", "naive"];
  if (before !== undefined) names.push("before");
  const clients = new Clients();
  const loaded = await repeat(bench, memoryRounds(bench), (number) =>
    loadAll(bench, clients, names, number),
  );
  await clients.end();
  note(`all have been loaded; ${SETTLE_MS / 1000} s of rest`);
  await Bun.sleep(SETTLE_MS);
  const rounds = loaded.map((servers) => {
    const entries = servers.map(({ subject, loadedMb }) => {
      return [subject.name, { loadedMb, settledMb: memoryOf(subject) }] as const;
    });
    return Object.fromEntries(entries) as MemoryRound;
  });
  for (const { subject } of loaded.flat()) await subject.end();
  return { rows: memoryRows(rounds), rounds };
}

interface Loaded {
  readonly subject: Subject;
  readonly loadedMb: number;
}

async function loadAll(
  { workspace }: Bench,
  clients: Clients,
  names: readonly SubjectName[],
  round: number,
): Promise<Loaded[]> {
  const all: Loaded[] = [];
  for (const name of rotated(names, round)) {
    const executable = join(workspace.dir, `${name}-${round}`);
    copyFileSync(name === "before" ? (workspace.before ?? "") : workspace.pounce, executable);
    const subject = await startSubject(workspace, name, { executable });
    await clients.open(subject.port);
    await measureSlice(clients, subject, { ms: LOAD_MS });
    await clients.close(subject.port);
    all.push({ subject, loadedMb: memoryOf(subject) });
  }
  return all;
}

function memoryOf({ roots }: Subject): number {
  return roots.reduce((sum, pid) => sum + familyPssMb(pid), 0);
}

export function memoryRows(rounds: readonly MemoryRound[]): Row[] {
  const of = (name: SubjectName, key: keyof Memory): number[] =>
    rounds.map((round) => round[name]?.[key] ?? Number.NaN);
  const naive = (key: keyof Memory): string =>
    `naive: ${formatValue(median(of("naive", key)), "MB")}`;
  const hasBefore = rounds.every(({ before }) => before !== undefined);
  return [
    judged({
      requirement: "memory (PSS) of all processes, 10 s after a load",
      unit: "MB",
      limit: { atMost: 38 },
      ...pairOf(hasBefore, (name) => of(name, "settledMb")),
      detail: naive("settledMb"),
    }),
    shown({
      requirement: "  right after it",
      unit: "MB",
      measured: estimate(of("pounce", "loadedMb")),
      detail: naive("loadedMb"),
    }),
  ];
}
