// The variables that workers get besides those that pounce itself was started with.
import { parseEnv } from "node:util";
import { readText } from "./text.ts";
import { absolutePath } from "../../os/paths.ts";
import type { Setting } from "../schema/setting.ts";

/** The variables of the files, or a line for each file that cannot be read. */
interface EnvFiles {
  readonly variables: Readonly<Record<string, string>>;
  readonly errors: readonly string[];
  /** Absolute. */
  readonly files: readonly string[];
}

/**
 * Reads the files of `env_file` at each call. If several files have a variable, the last one
 * counts.
 * @param setting the valid setting of `env_file`; undefined: no file is read, not even `.env`
 */
export function readEnvFiles(setting: Setting | undefined): EnvFiles {
  const variables: Record<string, string> = {};
  const errors: string[] = [];
  const files: string[] = [];
  for (const given of setting === undefined ? [] : [setting.value].flat()) {
    const path = absolutePath(setting?.baseFolder ?? "/", String(given));
    files.push(path);
    const text = readText(path);
    if (typeof text === "string") {
      Object.assign(variables, parseEnv(text));
    } else {
      errors.push(`${setting?.place}: cannot read ${path}: ${text.error}`);
    }
  }
  return { variables, errors, files };
}
