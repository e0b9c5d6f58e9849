// Measures pounce against raw Bun.serve in one run and says which requirement is missed:
//   bun run bench -- [throughput access-log reload cold-start memory growth latency peers
//                     programs saturation]
//                    [--rounds N] [--seconds S] [--executable PATH] [--write]
// All measurements by default but those that install packages and compare with others, and
// `saturation`; with --write, what `peers` finds goes into the manual. Exit code 1 when a limit is
// missed. Load goes to 127.0.0.1 only.
import { availableParallelism, loadavg, release } from "node:os";
import { parseArgs } from "node:util";
import { messageOf } from "../src/errors/message-of.ts";
import type { Measure } from "./bench/measure.ts";
import { endChildren } from "./bench/child.ts";
import { accessLog } from "./bench/access-log.ts";
import { coldStart } from "./bench/cold-start.ts";
import { growth } from "./bench/growth.ts";
import { latency } from "./bench/latency.ts";
import { memory } from "./bench/memory.ts";
import { peers } from "./bench/peers.ts";
import { programs } from "./bench/programs.ts";
import { reload } from "./bench/reload.ts";
import { type Row, table } from "./bench/report.ts";
import { saturation } from "./bench/saturation.ts";
import { throughput } from "./bench/throughput.ts";
import { createWorkspace, type Workspace } from "./bench/workspace.ts";

const DEFAULT_MEASURES: Readonly<Record<string, Measure>> = {
  throughput,
  "access-log": accessLog,
  reload,
  "cold-start": coldStart,
  memory,
  growth,
  latency,
};
const MEASURES: Readonly<Record<string, Measure>> = {
  ...DEFAULT_MEASURES,
  peers,
  programs,
  saturation,
};

/** The load average from which a machine is plainly not idle. */
const BUSY = 0.5;

interface Options {
  readonly names: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly executable: string | undefined;
  readonly isWritten: boolean;
}

function parseOptions(argv: string[]): Options {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "20" },
      seconds: { type: "string", default: "1" },
      executable: { type: "string" },
      write: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.filter((name) => !(name in MEASURES));
  const known = Object.keys(MEASURES);
  if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: not one of ${known.join(", ")}`);
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number");
  if (!(seconds > 0)) throw new Error("--seconds takes a number over zero");
  const names = positionals.length > 0 ? positionals : Object.keys(DEFAULT_MEASURES);
  return { names, rounds, seconds, executable: values.executable, isWritten: values.write };
}

async function measureAll(options: Options, workspace: Workspace): Promise<Row[]> {
  const { names, ...given } = options;
  const rows: Row[] = [];
  for (const name of names) {
    console.log(name);
    rows.push(...((await MEASURES[name]?.({ workspace, ...given })) ?? []));
  }
  return rows;
}

/** Ends every process that was started and removes the folder, whatever has happened. */
async function run(options: Options): Promise<Row[]> {
  const workspace = await createWorkspace(options.executable);
  const cleanUp = async (): Promise<void> => {
    await endChildren();
    await workspace.remove();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void cleanUp().then(() => process.exit(1)));
  }
  try {
    return await measureAll(options, workspace);
  } finally {
    await cleanUp();
  }
}

function describeMachine(): string {
  const load = loadavg()[0] ?? 0;
  const busy = load > BUSY ? "; NOT IDLE, what follows is partly noise" : "";
  const cpus = `${availableParallelism()} CPUs, load average ${load.toFixed(2)}${busy}`;
  return `Bun ${Bun.version}, ${process.platform} ${release()}, ${cpus}`;
}

let options: Options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exit(2);
}
console.log(describeMachine());
const rows = await run(options);
console.log(`\n${table(rows)}`);
const missed = rows.filter(({ verdict }) => verdict === "MISSED").length;
if (missed > 0) {
  console.log(
    `\n${missed} missed. The limits hold for a machine that does nothing else meanwhile.`,
  );
}
process.exit(missed > 0 ? 1 : 0);
