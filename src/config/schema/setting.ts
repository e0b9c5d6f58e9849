// One value that was given for a key, and the error if it is not valid.
import * as v from "valibot";
import { type Key, tableEntries, type TableEntries } from "./keys.ts";

/** A value as it was given, with everything that an error about it needs. */
export interface Setting {
  readonly key: Key;
  /** The value as a file would have it. */
  readonly value: unknown;
  /** What was written, for people. */
  readonly shown: string;
  /** Where: `pounce.toml:12:3 workers`, `--workers`, `POUNCE_WORKERS`. */
  readonly place: string;
  /** The absolute folder that a relative path in the value starts from. */
  readonly baseFolder: string;
}

/**
 * What one source (the file, the variables, the flags) gives. Errors are lines without a prefix.
 */
export interface Source {
  readonly settings: readonly Setting[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** The names of the keys that are given, but have an error; left out: there are none. */
  readonly wrong?: readonly string[];
}

/**
 * Judges a setting by the schema.
 *
 * @returns undefined, or one line: `--workers: expected …, got "many"`
 */
export function settingError(setting: Setting): string | undefined {
  const { key, value, shown, place } = setting;
  const issue = v.safeParse(key.schema, value).issues?.[0];
  if (issue === undefined) return undefined;
  // Checks that can say more than the type's description are raw checks.
  const reason = issue.type === "raw_check" ? ` (${issue.message})` : "";
  // In a table of the user's own names it is the name that is wrong, not the value.
  if (key.isTable === true && reason !== "") return `${place}: ${issue.message}`;
  const remedy = key.remedyFor?.(value);
  const instead = remedy === undefined ? "" : `: ${remedy}`;
  return `${place}: expected ${key.expected}, got ${shown}${reason}${instead}`;
}

/** Divides settings into the valid ones and the errors of the others. */
export function judge(given: readonly Setting[]): Source {
  const judged = given.map((setting) => ({ setting, error: settingError(setting) }));
  return {
    settings: judged.flatMap(({ setting, error }) => (error === undefined ? [setting] : [])),
    errors: judged.flatMap(({ error }) => error ?? []),
    warnings: [],
    wrong: judged.flatMap(({ setting, error }) => (error === undefined ? [] : [setting.key.name])),
  };
}

/** A setting that was written as a text, in a flag or a variable. */
export function settingOfText(written: {
  readonly key: Key;
  readonly text: string;
  readonly place: string;
  readonly baseFolder: string;
}): Setting {
  const { text, ...rest } = written;
  return { ...rest, value: rest.key.fromText(text), shown: showValue(text) };
}

/**
 * Puts settings into one table, as if a single file had held them all.
 *
 * @param settings by their key's name
 * @param entries the schema that gives the table its shape; inner tables are always there
 */
export function tableOf(
  settings: ReadonlyMap<string, Setting>,
  entries: TableEntries,
  prefix = "",
): Record<string, unknown> {
  const table: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(entries)) {
    const nested = tableEntries(schema);
    const setting = settings.get(`${prefix}${name}`);
    if (nested !== undefined) {
      table[name] = tableOf(settings, nested, `${prefix}${name}.`);
    } else if (setting !== undefined) {
      table[name] = setting.value;
    }
  }
  return table;
}

const MAX_SHOWN_LENGTH = 80;

/** Writes a value of a TOML file on one line, cut where it would fill the terminal. */
export function showValue(value: unknown): string {
  const text = showWhole(value);
  return text.length <= MAX_SHOWN_LENGTH ? text : `${text.slice(0, MAX_SHOWN_LENGTH)}…`;
}

function showWhole(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(showWhole).join(", ")}]`;
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? "a table" : String(value);
}

/** Writes a name that a user chose; in quotes if it could be misread or break the line. */
export function showName(name: string): string {
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}
