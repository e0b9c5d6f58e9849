/** Lays out the help of a command, so that it fits a terminal. */
import type { Flag } from "./flags.ts";
import { withProgramName } from "./program.ts";

/** A flag with what holds when it is absent. */
export interface HelpFlag extends Flag {
  readonly defaultText?: string | undefined;
  /** The table of the file that it is a key of; all keys of a table share one row. */
  readonly table?: string | undefined;
}

/** What the help of a command says. */
export interface Help {
  /** The command line and what it does, a line each. */
  readonly usage: readonly string[];
  readonly flags: readonly HelpFlag[];
  /** Lines below the flags. */
  readonly notes: readonly string[];
  readonly examples: readonly string[];
}

/** The help as one text that ends with a line end. */
export function renderHelp({ usage, flags, notes, examples }: Help): string {
  const ofNone = flags.filter(({ table }) => table === undefined);
  const rows = ofNone.map(({ name, short, placeholder, meaning, defaultText }) => ({
    names:
      `  ${short === undefined ? "   " : `-${short},`} --${name} ${placeholder ?? ""}`.trimEnd(),
    meaning: defaultText === undefined ? meaning : `${meaning} [${defaultText}]`,
  }));
  const width = Math.max(...rows.map(({ names }) => names.length));
  const text = [
    ...usage,
    "",
    ...rows.map(({ names, meaning }) => `${names.padEnd(width)}  ${meaning}`),
    ...tableRows(flags),
    "",
    ...notes,
    ...examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
  return withProgramName(text);
}

const COLUMNS = 80;
const TABLE_WIDTH = 11;

/** The keys of each table, one after the other: `pounce help configuration` says what they mean. */
function tableRows(flags: readonly HelpFlag[]): string[] {
  const tables = new Set(flags.flatMap(({ table }) => table ?? []));
  return [...tables].flatMap((table) => {
    const ofTable = flags.filter((flag) => flag.table === table);
    const rows = [`  [${table}]`.padEnd(TABLE_WIDTH)];
    for (const { name } of ofTable) {
      const key = ` ${name.slice(table.length + 1).replaceAll("-", "_")}`;
      const fits = `${rows.at(-1)}${key}`.length <= COLUMNS;
      if (fits) rows.push(`${rows.pop()}${key}`);
      else rows.push(" ".repeat(TABLE_WIDTH) + key);
    }
    return rows;
  });
}
