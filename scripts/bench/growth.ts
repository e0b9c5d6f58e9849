// Many reloads in a row: what the master holds after the last ones is no more than after the first.
// Memory is compared as the median over a tenth of the reloads, since a heap rises and falls with
// its collector. Descriptors and children are exact.
import { type Bench, type Findings, note } from "./measure.ts";
import { untilAnswer } from "./http.ts";
import { childrenOf, descriptorCount, pssMb } from "./proc.ts";
import { judged, type Row, type Unit } from "./report.ts";
import { Pounce, WORKERS } from "./servers.ts";
import { exactly, median } from "./statistics.ts";
import { writeApp } from "./workspace.ts";

const RELOADS_PER_ROUND = 10;
/**
 * Only the master lives through all reloads. Losing as little as 12 kB in each of the 180 reloads
 * between the two looks is more than this; where a collector happens to stand is less.
 */
const MASTER_TOLERANCE_MB = 2;
/** The workers are new each time, and two starts of the same program differ by a megabyte or so. */
const TOTAL_TOLERANCE_MB = 4;

interface Look {
  readonly masterMb: number;
  readonly totalMb: number;
  readonly descriptors: number;
  readonly children: number;
  readonly zombies: number;
}

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
    if (number % tenth === 0) note(`growth, reload ${number}: ${describe(looks.at(-1))}`);
  }
  await pounce.end();
  // The first three tenths warm the master up: its code is compiled and its heap finds its size,
  // which it was seen to have from reload 60 on, to the end.
  const early = looks.slice(3 * tenth, 4 * tenth);
  const rows = report(summarize(early), summarize(looks.slice(-tenth)), count);
  return { rows, rounds: looks };
}

function look(pounce: Pounce): Look {
  const all = childrenOf(pounce.master.pid);
  const alive = all.filter(({ isZombie }) => !isZombie);
  const masterMb = pssMb(pounce.master.pid);
  return {
    masterMb,
    totalMb: alive.reduce((sum, { pid }) => sum + pssMb(pid), masterMb),
    descriptors: descriptorCount(pounce.master.pid),
    children: alive.length,
    zombies: all.length - alive.length,
  };
}

function summarize(looks: readonly Look[]): Look {
  const of = (key: keyof Look): number => median(looks.map((one) => one[key]));
  return {
    masterMb: of("masterMb"),
    totalMb: of("totalMb"),
    descriptors: of("descriptors"),
    children: of("children"),
    zombies: of("zombies"),
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
    row("PSS of all", "totalMb", "MB", TOTAL_TOLERANCE_MB),
    row("fds of the master", "descriptors", "count", 0),
    row("zombies", "zombies", "count", 0),
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
  const memory = `master ${one.masterMb.toFixed(1)} MB, all ${one.totalMb.toFixed(1)} MB`;
  return `${memory}, ${one.descriptors} fds, ${one.children} children, ${one.zombies} zombies`;
}
