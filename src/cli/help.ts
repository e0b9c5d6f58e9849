// Lays out the help of a command, so that it fits a terminal.
import { type Arg, type Command, flagsOf, operandOf, type Root } from "./define.ts";
import { withProgramName } from "./program.ts";

/** The help as one text that ends with a line end. */
export function helpText(command: Command, root: Pick<Root, "default">): string {
  const { help, notes = [], examples } = command.meta;
  const flags = flagsOf(command).filter(([, { asIn }]) => asIn === undefined);
  const rows = flags.filter(([, { table }]) => table === undefined).map(rowOf);
  const width = Math.max(...rows.map(({ names }) => names.length));
  const text = [
    usageLine(command, root),
    ...help,
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

/** `pounce scale N [flags]`; what may be left out is in brackets. */
export function usageLine(command: Command, root: Pick<Root, "default">): string {
  const { name } = command.meta;
  const operand = operandOf(command);
  const words = [name === root.default ? `[${name}]` : name];
  if (operand !== undefined) {
    words.push(operand.required ? `${operand.valueHint}` : `[${operand.valueHint}]`);
  }
  words.push("[flags]");
  if (operand?.restHint !== undefined) words.push(`[-- ${operand.restHint}…]`);
  return `pounce ${words.join(" ")}`;
}

function rowOf([name, flag]: readonly [string, Arg]) {
  const { alias, description = "" } = flag;
  const names = `  ${alias === undefined ? "   " : `-${alias},`} ${writtenFlag(name, flag)}`;
  const fallback = defaultText(flag);
  const meaning = fallback === undefined ? description : `${description} [${fallback}]`;
  return { names, meaning };
}

/** A flag with its value, as it is written: `--port PORT`. */
export function writtenFlag(name: string, { valueHint, bare }: Arg): string {
  if (valueHint === undefined) return `--${name}`;
  return bare === undefined ? `--${name} ${valueHint}` : `--${name}[=${valueHint}]`;
}

/** What applies when a flag is absent. */
function defaultText({ unset, default: value }: Arg): string | undefined {
  return unset ?? (value === undefined ? undefined : String(value));
}

const COLUMNS = 80;
const TABLE_WIDTH = 11;

/** The keys of each table, one after the other: what they mean is in the manual. */
function tableRows(flags: readonly (readonly [string, Arg])[]): string[] {
  const tables = new Set(flags.flatMap(([, { table }]) => table ?? []));
  const rows: string[] = [];
  for (const table of tables) {
    const own = rowsOf(table, flags);
    // A small table shares the first row that has room, so that all fits a screen.
    const short = own.join().replace(/(\]) +/, "$1 ");
    const at = rows.findIndex((row) => row.length + short.length <= COLUMNS);
    if (own.length === 1 && at >= 0) rows[at] += short;
    else rows.push(...own);
  }
  return rows;
}

function rowsOf(table: string, flags: readonly (readonly [string, Arg])[]): string[] {
  const rows = [`  [${table}]`.padEnd(TABLE_WIDTH)];
  for (const [name] of flags.filter(([, flag]) => flag.table === table)) {
    const key = ` ${name.slice(table.length + 1).replaceAll("-", "_")}`;
    const fits = `${rows.at(-1)}${key}`.length <= COLUMNS;
    if (fits) rows.push(`${rows.pop()}${key}`);
    else rows.push(" ".repeat(TABLE_WIDTH) + key);
  }
  return rows;
}
