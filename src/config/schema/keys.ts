// What follows from the schema: each key with its names in the file, as flag and as variable.
import * as v from "valibot";
import type { KeyMetadata } from "./key.ts";
import { CONFIG_SCHEMA } from "./schema.ts";

/** A key's names from the root on; an element of an array of tables is named by its index. */
export type KeyPath = readonly string[];

export interface Key extends KeyMetadata {
  /** Its names in the file from the root on. */
  readonly path: KeyPath;
  /** The path in one text: `log.level`. */
  readonly name: string;
  /** The flag without its dashes: `log-level`. */
  readonly flag: string;
  /** The environment variable: `POUNCE_LOG_LEVEL`. */
  readonly variable: string;
  readonly schema: v.GenericSchema;
  readonly meaning: string;
  /** As it would be written in a file; undefined when there is none. */
  readonly defaultValue: unknown;
}

/** The entries of a table by name: keys and further tables. */
export type TableEntries = Readonly<Record<string, v.GenericSchema>>;

/** All keys below a table, in the order of the schema. */
export function keysOf(entries: TableEntries, table: KeyPath = []): Key[] {
  return Object.entries(entries).flatMap(([name, schema]) => {
    const path = [...table, name];
    const nested = tableEntries(schema);
    return nested === undefined ? [keyOf(schema, path)] : keysOf(nested, path);
  });
}

/** The entries of a schema that stands for a table; undefined when it stands for a key. */
export function tableEntries(schema: v.GenericSchema): TableEntries | undefined {
  const wrapped = schema as { wrapped?: { entries?: TableEntries } };
  return wrapped.wrapped?.entries;
}

/** The key that an entry of the schema makes. */
export function keyOf(schema: v.GenericSchema, path: KeyPath): Key {
  const words = path.join("_");
  return {
    // The schema's own `key()` is the only maker of entries, and always notes all of this.
    ...(v.getMetadata(schema) as unknown as KeyMetadata),
    path,
    name: path.join("."),
    flag: words.replaceAll("_", "-"),
    variable: `POUNCE_${words.toUpperCase()}`,
    schema,
    meaning: v.getDescription(schema) ?? "",
    defaultValue: v.getDefault(schema as v.OptionalSchema<v.GenericSchema, unknown>),
  };
}

export const KEYS: readonly Key[] = keysOf(CONFIG_SCHEMA.entries);

/** Those that flags and variables can give too. */
export const FLAG_KEYS: readonly Key[] = KEYS.filter(({ isTable }) => isTable !== true);
