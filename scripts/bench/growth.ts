// Many reloads in a row, 1,000 with --full: what a server holds after the last ones is no more than
// after the first. Over a tenth of the reloads the smallest value counts for memory and threads: a
// heap has garbage on top of what it holds, more or less of it as its collector has just run or
// not, and Bun's compiler has threads that come and go.
import { type Bench, type Findings, note } from "./measure.ts";
import { untilAnswer } from "./http.ts";
import { childrenOf, descriptorCount, pssMb, threadCount } from "./proc.ts";
import { judged, type Row, type Unit } from "./report.ts";
import { Pounce, WORKERS } from "./servers.ts";
import { exactly, median } from "./statistics.ts";
import { writeApp } from "./workspace.ts";

const RELOADS_PER_ROUND = 50;
/**
 * Only the master lives through all reloads. Losing as little as 4 kB in each of the 600 reloads
 * between the two looks is more than this.
 */
const MASTER_TOLERANCE_MB = 2;
/** The workers are new each time, and two starts of the same program differ by a megabyte or so. */
const WORKERS_TOLERANCE_MB = 4;

/** In processes: the master, and both workers together. */
interface Look {
  readonly masterMb: number;
  readonly workersMb: number;
  readonly masterDescriptors: number;
  readonly workersDescriptors: number;
  readonly masterThreads: number;
  readonly workersThreads: number;
  readonly children: number;
  readonly zombies: number;
}

const COUNTED = [
  ["descriptors of the master", "masterDescriptors"],
  ["descriptors of the workers", "workersDescriptors"],
  ["threads of the master", "masterThreads"],
  ["threads of the workers", "workersThreads"],
  ["zombies", "zombies"],
] as const satisfies readonly (readonly [string, keyof Look])[];

export async function growth(bench: Bench): Promise<Findings> {
  const count = bench.rounds * RELOADS_PER_ROUND;
  const tenth = count / 10;
  const app = await writeApp(bench.workspace, "plain", "v0");
  const pounce = await Pounce.start(bench.workspace, app);
  const looks: Look[] = [];
  for (let number = 1; number <= count; number += 1) {
    const { complete } = pounce.reload();
    await complete;
    await untilAnswer(pounce.port, "v0");
    looks.push(look(pounce));
    if (number % tenth !== 0) continue;
    note(`reload ${number}: ${describe(looks.at(-1))}`);
    if (number < count) bench.progress.round(number, count);
  }
  await pounce.end();
  // The first three tenths warm the master up: its code is compiled and its heap finds its size,
  // which it was seen to have from reload 60 on, to the end.
  const early = looks.slice(3 * tenth, 4 * tenth);
  const rows = report(summarize(early), summarize(looks.slice(-tenth)), count);
  return { rows, rounds: looks };
}

function look(pounce: Pounce): Look {
  const master = pounce.master.pid;
  const all = childrenOf(master);
  const workers = all.flatMap(({ pid, isZombie }) => (isZombie ? [] : [pid]));
  const sum = (of: (pid: number) => number): number =>
    workers.reduce((total, pid) => total + of(pid), 0);
  return {
    masterMb: pssMb(master),
    workersMb: sum(pssMb),
    masterDescriptors: descriptorCount(master),
    workersDescriptors: sum(descriptorCount),
    masterThreads: threadCount(master),
    workersThreads: sum(threadCount),
    children: workers.length,
    zombies: all.length - workers.length,
  };
}

function summarize(looks: readonly Look[]): Look {
  const of = (key: keyof Look): number[] => looks.map((one) => one[key]);
  return {
    masterMb: Math.min(...of("masterMb")),
    workersMb: Math.min(...of("workersMb")),
    masterThreads: Math.min(...of("masterThreads")),
    workersThreads: Math.min(...of("workersThreads")),
    masterDescriptors: median(of("masterDescriptors")),
    workersDescriptors: median(of("workersDescriptors")),
    children: median(of("children")),
    zombies: median(of("zombies")),
  };
}

function report(early: Look, late: Look, count: number): Row[] {
  const row = (name: string, key: keyof Look, unit: Unit, limit: number): Row =>
    judged({
      requirement: `growth over ${count} reloads: ${name}`,
      unit,
      limit: { atMost: limit },
      measured: exactly(late[key] - early[key]),
      detail: `${early[key].toFixed(1)} -> ${late[key].toFixed(1)}`,
    });
  return [
    row("PSS of the master", "masterMb", "MB", MASTER_TOLERANCE_MB),
    row("PSS of the workers", "workersMb", "MB", WORKERS_TOLERANCE_MB),
    ...COUNTED.map(([name, key]) => row(name, key, "count", 0)),
    judged({
      requirement: `growth over ${count} reloads: child processes`,
      unit: "count",
      limit: { atMost: WORKERS },
      measured: exactly(late.children + late.zombies),
    }),
  ];
}

function describe(one: Look | undefined): string {
  if (one === undefined) return "nothing";
  const { masterMb, workersMb, masterDescriptors, workersDescriptors } = one;
  return [
    `master ${masterMb.toFixed(1)} MB, workers ${workersMb.toFixed(1)} MB`,
    `descriptors ${masterDescriptors} + ${workersDescriptors}`,
    `threads ${one.masterThreads} + ${one.workersThreads}`,
    `${one.children} children, ${one.zombies} zombies`,
  ].join("; ");
}
