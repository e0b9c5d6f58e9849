// Measures what pounce costs, against raw Bun.serve and against the naive way to restart, and says
// which goal is missed: `bun run bench -- --help` lists what it takes.
//
// How it is measured: every round has fresh processes of all that is compared, one after the other
// in an order that rotates. A ratio is taken in each round; the table has the median of them with
// its 95 % interval, and as a control the same ratio between two servers that are the same. The
// verdict is "noise" where the limit lies within the interval, once that is widened by as much as
// the control is off: more rounds, or a quieter machine, may tell. CPU time counts all processes of
// a server, those included that have ended.
//
// Load goes to 127.0.0.1.
import { messageOf } from "../src/errors/message-of.ts";
import { demandPounce, demandWritable } from "./bench/arguments.ts";
import { compareRecords, parseRecord } from "./bench/compare.ts";
import { measureAll } from "./bench/measure-all.ts";
import { interruptible } from "./bench/interruption.ts";
import { COMPARING_NAMES, DEFAULT_NAMES, GROUPS, MEASURES } from "./bench/measures.ts";
import { type Options, parseOptions } from "./bench/options.ts";
import { type Record, rowsOf, serialize } from "./bench/record.ts";
import { table } from "./bench/table.ts";
import { USAGE } from "./bench/usage.ts";
import { createWorkspace } from "./bench/workspace.ts";

async function measure(options: Options): Promise<Record> {
  return measureAll(options, await createWorkspace(options.executable, options.against));
}

async function write(record: Record, file: string | undefined): Promise<void> {
  const text = `\n${table(rowsOf(record))}`;
  if (file === "-") {
    console.error(text);
    await Bun.write(Bun.stdout, serialize(record));
  } else {
    console.log(text);
    if (file !== undefined) await Bun.write(file, serialize(record));
  }
}

/** Says what the verdicts come to, and returns the exit code. */
function conclude(record: Record): number {
  const count = (verdict: string): number =>
    rowsOf(record).filter((row) => row.verdict === verdict).length;
  const [missed, noise] = [count("MISSED"), count("noise")];
  if (missed + noise === 0) return 0;
  console.error(
    `\n${missed} missed, ${noise} not told from noise. ` +
      "The limits hold for a machine that does nothing else meanwhile.",
  );
  return missed > 0 ? 1 : 3;
}

async function compare(files: readonly string[]): Promise<string> {
  const [before, after] = files;
  if (before === undefined || after === undefined || files.length > 2) {
    throw new Error("compare takes two files of --json: the one before and the one after");
  }
  return compareRecords(await read(before), await read(after));
}

async function read(file: string): Promise<Record> {
  return parseRecord(file, await Bun.file(file).text());
}

/** Exits with 2 where the command line is wrong. */
async function orExit<T>(value: () => T | Promise<T>): Promise<T> {
  try {
    return await value();
  } catch (error) {
    console.error(messageOf(error));
    process.exit(2);
  }
}

const argv = process.argv.slice(2);
if (argv.includes("--help") || argv.includes("-h")) {
  console.log(USAGE);
  process.exit(0);
}
if (argv[0] === "compare") {
  console.log(await orExit(() => compare(argv.slice(1))));
  process.exit(0);
}
const options = await orExit(() => {
  const parsed = parseOptions(argv, {
    defaults: DEFAULT_NAMES,
    all: Object.keys(MEASURES),
    groups: GROUPS,
    comparing: COMPARING_NAMES,
  });
  for (const path of [parsed.executable, parsed.against]) {
    if (path !== undefined) demandPounce(path);
  }
  if (parsed.json !== undefined && parsed.json !== "-") demandWritable(parsed.json);
  return parsed;
});
const record = await interruptible(() => measure(options));
await write(record, options.json);
process.exit(conclude(record));
