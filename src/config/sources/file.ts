// Reads the configuration file: settings with their line and column, or what is wrong with it.
import { dirname } from "node:path";
import { TomlError } from "smol-toml";
import type { Environment } from "./environment.ts";
import { adviceOnPm2File } from "./pm2-file.ts";
import { readText } from "./text.ts";
import { readToml } from "./toml.ts";
import { CONFIG_SCHEMA, NEEDED_IN } from "../schema/schema.ts";
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
    return readToml(file, CONFIG_SCHEMA.entries, NEEDED_IN);
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
