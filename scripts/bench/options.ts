// The command line of the benchmark.
import { parseArgs } from "node:util";

export interface Options {
  /** The measurements, in the order in which they are made. */
  readonly names: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly isFull: boolean;
  readonly executable: string | undefined;
  readonly against: string | undefined;
  /** Where the record goes: a file, or "-" for stdout. */
  readonly json: string | undefined;
  readonly isWritten: boolean;
}

const ROUNDS = { default: 12, full: 20 };

/** The names of measurements. */
interface Names {
  /** What is measured unless something is named. */
  readonly defaults: readonly string[];
  /** What can be; `--full` measures it all. */
  readonly all: readonly string[];
  /** What one name stands for. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Those that measure the executable of `--against` too. */
  readonly comparing: readonly string[];
}

/** Throws an error that names what is wrong. */
export function parseOptions(
  argv: readonly string[],
  { defaults, all, groups, comparing }: Names,
): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      full: { type: "boolean", default: false },
      rounds: { type: "string" },
      seconds: { type: "string", default: "0.5" },
      executable: { type: "string" },
      against: { type: "string" },
      json: { type: "string" },
      write: { type: "boolean", default: false },
    },
  });
  const named = positionals.flatMap((name) => groups[name] ?? name);
  const unknown = named.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    const known = [...all, ...Object.keys(groups)].join(", ");
    throw new Error(`${unknown.join(", ")}: no measurement. There are ${known}`);
  }
  const { full: isFull, executable, against, json, write: isWritten } = values;
  const rounds = Number(values.rounds ?? (isFull ? ROUNDS.full : ROUNDS.default));
  const seconds = Number(values.seconds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds takes a whole number over zero, such as 12; got "${values.rounds}"`);
  }
  if (!(seconds > 0)) {
    throw new Error(`--seconds takes a number over zero, such as 0.5; got "${values.seconds}"`);
  }
  const unnamed = isFull ? all : defaults;
  const names = named.length > 0 ? [...new Set(named)] : unnamed;
  if (isWritten && !names.includes("peers")) {
    throw new Error("--write goes with peers, whose text and plot it writes into the manual");
  }
  const deaf = names.filter((name) => !comparing.includes(name));
  if (against !== undefined && deaf.length > 0) {
    throw new Error(`--against goes with ${comparing.join(", ")}; not with ${deaf.join(", ")}`);
  }
  return { names, rounds, seconds, isFull, executable, against, json, isWritten };
}
