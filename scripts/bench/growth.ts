// Many reloads in a row: what the master holds after the last ones is no more than after the first.
// Memory is compared as the median over a tenth of the reloads, since a heap rises and falls with
// its collector. Descriptors and children are exact.
import { type Bench, note } from "./measure.ts";
import { untilAnswer } from "./http.ts";
import { childrenOf, descriptorCount, pssMb } from "./proc.ts";
import { atMost, type Row } from "./report.ts";
import { Pounce, WORKERS } from "./servers.ts";
import { median } from "./statistics.ts";
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

export async function growth(bench: Bench): Promise<Row[]> {
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
  return report(summarize(early), summarize(looks.slice(-tenth)), count);
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
  const row = (
    name: string,
    [limit, key, digits]: readonly [number, keyof Look, number],
    unit = "",
  ): Row => ({
    requirement: `growth over ${count} reloads: ${name}`,
    limit: `+${limit}${unit}`,
    measured: `${early[key].toFixed(digits)} -> ${late[key].toFixed(digits)}${unit}`,
    control: "",
    verdict: atMost(late[key] - early[key], limit),
  });
  const total = late.children + late.zombies;
  return [
    row("PSS of the master", [MASTER_TOLERANCE_MB, "masterMb", 1], " MB"),
    row("PSS of all", [TOTAL_TOLERANCE_MB, "totalMb", 1], " MB"),
    row("fds of the master", [0, "descriptors", 0]),
    row("zombies", [0, "zombies", 0]),
    {
      requirement: `growth over ${count} reloads: child processes`,
      limit: `${WORKERS}`,
      measured: `${total}`,
      control: "",
      verdict: atMost(total, WORKERS),
    },
  ];
}

function describe(one: Look | undefined): string {
  if (one === undefined) return "nothing";
  const memory = `master ${one.masterMb.toFixed(1)} MB, all ${one.totalMb.toFixed(1)} MB`;
  return `${memory}, ${one.descriptors} fds, ${one.children} children, ${one.zombies} zombies`;
}
