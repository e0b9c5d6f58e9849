// Turns the text of a configuration file into settings, each with its line and column.
import { parse, type TomlTable, type TomlValue } from "smol-toml";
import {
  type Key,
  type KeyPath,
  keyOf,
  keysOf,
  tableEntries,
  type TableEntries,
} from "../schema/keys.ts";
import { type Located, locateKeys, type Position } from "./locate.ts";
import type { Environment } from "./environment.ts";
import { misplaced } from "./misplaced.ts";
import { suggest } from "./nearest.ts";
import { expand, hasReferences } from "../schema/references.ts";
import { type Setting, settingError, showName, showValue, type Source } from "../schema/setting.ts";

/** A file's text and where it comes from. */
interface TomlFile {
  readonly text: string;
  /** The file's name as the user gave it, which errors quote. */
  readonly name: string;
  /** The absolute folder of the file, which relative paths in it start from. */
  readonly folder: string;
  /** What references in its values stand for, see references.ts. */
  readonly env: Environment;
}

/** A key in the file, with either its valid setting or its error. */
interface Found {
  /** Of the key, with the names of its tables. */
  readonly name: string;
  readonly position: Position;
  readonly result: Setting | string;
}

/**
 * Reads all keys of a file and judges them by the entries of a schema.
 *
 * @param needs what tables must not lack that are of no use when empty, by their name
 * @returns the valid settings and all errors, in the order of the text
 * @throws TomlError when the text is not TOML
 */
export function readToml(
  file: TomlFile,
  entries: TableEntries,
  needs: Readonly<Record<string, string>> = {},
): Source {
  const table = parse(file.text);
  const found = new TableReader(file, entries, needs).read(table, entries, []);
  found.sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
  const results = found.map(({ result }) => result);
  return {
    settings: results.filter((result) => typeof result !== "string"),
    errors: results.filter((result) => typeof result === "string"),
    warnings: [],
    wrong: found.flatMap(({ name, result }) => (typeof result === "string" ? [name] : [])),
  };
}

/** A value with its references replaced, or what is wrong with one. */
type Given =
  | { readonly ok: true; readonly value: unknown; readonly shown: string }
  | { readonly ok: false; readonly error: string };

class TableReader {
  readonly #located: Located;

  constructor(
    readonly file: TomlFile,
    readonly root: TableEntries,
    readonly needs: Readonly<Record<string, string>>,
  ) {
    this.#located = locateKeys(file.text);
  }

  read(table: TomlTable, entries: TableEntries, prefix: KeyPath): Found[] {
    return Object.entries(table).flatMap(([name, value]) => {
      const path = [...prefix, name];
      // An entry must be the schema's own: "constructor" is a name that every object knows.
      const schema = Object.hasOwn(entries, name) ? entries[name] : undefined;
      const nested = schema && tableEntries(schema);
      if (nested !== undefined && isTable(value)) {
        const isEmpty = Object.keys(value).length === 0;
        return isEmpty ? this.#lacking(path) : this.read(value, nested, path);
      }
      const key = schema && keyOf(schema, path);
      if (key?.isTable === true && isTable(value)) return this.#readFreely(value, key);
      return [
        this.#found(path, (place): Setting | string => {
          if (key === undefined) {
            const elsewhere = misplaced(path, keysOf(this.root));
            const remedy = elsewhere ?? suggest(name, "key", Object.keys(entries));
            return `${place}: unknown key (${remedy})`;
          }
          if (nested !== undefined || key.isTable === true) {
            return `${place}: expected a table, got ${showValue(value)}`;
          }
          const given = this.#expand(value, key.fromText);
          if (!given.ok) return `${place}: ${given.error}`;
          const { value: inEffect, shown } = given;
          const setting = { key, value: inEffect, shown, place, baseFolder: this.file.folder };
          return settingError(setting) ?? setting;
        }),
      ];
    });
  }

  #lacking(path: KeyPath): Found[] {
    const needed = this.needs[path.join(".")];
    if (needed === undefined) return [];
    return [this.#found(path, (place) => `${place}: expected ${needed} in it, got an empty table`)];
  }

  /** Reads a table whose names are the user's own: one setting, or an error for each bad entry. */
  #readFreely(table: TomlTable, key: Key): Found[] {
    const baseFolder = this.file.folder;
    const values: [string, unknown][] = [];
    const errors = Object.entries(table).flatMap(([name, inFile]) => {
      const path = [...key.path, name];
      const given = this.#expand(inFile, String);
      const written = typeof inFile === "number" ? this.#located.plainValueOf(path) : undefined;
      const found = this.#found(path, (place) => {
        if (!given.ok) return `${place}: ${given.error}`;
        const value = written ?? given.value;
        values.push([name, value]);
        const setting = { key, value: { [name]: value }, shown: given.shown, place, baseFolder };
        return settingError(setting) ?? setting;
      });
      return typeof found.result === "string" ? [found] : [];
    });
    if (errors.length > 0) return errors;
    const value = Object.fromEntries(values);
    const shown = showValue(value);
    return [this.#found(key.path, (place) => ({ key, value, shown, place, baseFolder }))];
  }

  /**
   * The value that is meant with this environment, and how it is shown. Only a value that refers to
   * the environment is read like a variable's text: `"8000"` is not a number, `"${PORT}"` may be
   * one.
   */
  #expand(value: unknown, fromText: (text: string) => unknown): Given {
    if (Array.isArray(value)) return this.#expandAll(value);
    const shown = showValue(value);
    if (typeof value !== "string" || !hasReferences(value)) return { ok: true, value, shown };
    const expanded = expand(value, this.file.env);
    if (!expanded.ok) return expanded;
    const { text } = expanded;
    return { ok: true, value: fromText(text), shown: `${showValue(text)} (of ${shown})` };
  }

  #expandAll(values: readonly unknown[]): Given {
    const given = values.map((value) => this.#expand(value, String));
    const bad = given.find((one) => !one.ok);
    if (bad !== undefined) return bad;
    const expanded = given.flatMap((one) => (one.ok ? [one.value] : []));
    return { ok: true, value: expanded, shown: showValue(expanded) };
  }

  #found(path: KeyPath, resultAt: (place: string) => Setting | string): Found {
    const position = this.#located.positionOf(path) ?? { line: 1, column: 1 };
    const at = `${this.file.name}:${position.line}:${position.column}`;
    const name = path.join(".");
    return { name, position, result: resultAt(`${at} ${path.map(showName).join(".")}`) };
  }
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}
