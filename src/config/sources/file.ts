// Reads the configuration file: settings with their line and column, or what is wrong with it.
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { TomlError } from "smol-toml";
import type { Environment } from "./environment.ts";
import { adviceOnPm2File } from "./pm2-file.ts";
import { readToml } from "./toml.ts";
import { CONFIG_SCHEMA } from "../schema/schema.ts";
import type { Source } from "../schema/setting.ts";

/**
 * Reads and judges the file at each call.
 * @param given the path as the user gave it, which errors quote
 * @param path the same, absolute
 * @param env what references in its values stand for
 */
export function readConfigFile(given: string, path: string, env: Environment): Source {
  const text = readText(path);
  if (typeof text !== "string") return failure(`${given}: ${text.error}`);
  try {
    const file = { text, name: given, folder: dirname(path), env };
    return readToml(file, CONFIG_SCHEMA.entries);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message = ""] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    return failure(
      `${given}:${error.line}:${error.column} not valid TOML: ${message}${hint(given, message)}`,
    );
  }
}

/** What was most likely meant, in brackets; "" if that is unclear. */
function hint(given: string, message: string): string {
  const advice = adviceOnPm2File(given);
  if (advice !== undefined) return ` (${advice})`;
  if (/\.[cm]?[jt]sx?$/.test(given)) return " (name an app without --config)";
  switch (message) {
    case "invalid value":
    case "illegal character in numeric literal":
      return ' (values are 4, "30s", true, ["a", "b"])';
    case "illegal character in key":
      return " (write a line like this: workers = 4)";
    default:
      return "";
  }
}

function failure(error: string): Source {
  return { settings: [], errors: [error], warnings: [] };
}

/** Why a file cannot be read, by the system's code. */
const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file: a part of the path is not a folder",
  EACCES: "permission denied",
  EMFILE: "too many open files (raise the limit: ulimit -n)",
  ELOOP: "its symlinks form a loop",
};

/** The largest file that is read: nobody writes larger settings. */
const MOST_BYTES = 1024 * 1024;

/** The whole text of a file, or why it cannot be read, in a few words. */
export function readText(path: string): string | { readonly error: string } {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) {
      // A pipe gives its text once, but a reload reads the file again.
      return { error: stats.isDirectory() ? "is a folder, not a file" : "is not a regular file" };
    }
    if (stats.size > MOST_BYTES) return { error: "is larger than 1 MiB" };
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) return { error: "is not UTF-8 text" };
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { error: READ_ERRORS[code] ?? `cannot be read (${code})` };
  }
}
