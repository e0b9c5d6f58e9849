// A command of the operator's: the file that it is, found as a shell finds it.
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { absolutePath } from "../os/paths.ts";
import { refusal } from "../os/refusal.ts";
import { codeOf } from "../os/shortage.ts";
import type { CommandLine } from "./config.ts";
import type { Setting } from "./schema/setting.ts";

interface Found {
  /** Undefined: there is none, or it is wrong. */
  readonly command: CommandLine | undefined;
  readonly errors: readonly string[];
}

/**
 * A name with a slash is a path, and any other is looked up.
 * @param path where, as in `PATH`; undefined: nowhere
 */
export function commandOf(setting: Setting | undefined, path: string | undefined): Found {
  if (setting === undefined) return { command: undefined, errors: [] };
  const words = (Array.isArray(setting.value) ? setting.value : [setting.value]).map(String);
  const [name = "", ...args] = words;
  const wrong = (why: string): Found => ({
    command: undefined,
    errors: [`${setting.place}: ${JSON.stringify(name)} ${why}`],
  });
  if (!name.includes("/")) {
    const file = Bun.which(name, { PATH: path ?? "" });
    if (file !== null) return { command: { file, args }, errors: [] };
    return wrong(`is no command in PATH; a file beside the configuration is "./${name}"`);
  }
  const file = absolutePath(setting.baseFolder, name);
  const problem = problemOf(file);
  if (problem !== undefined) return wrong(problem);
  return { command: { file: inItsRelease(file), args }, errors: [] };
}

/**
 * The command runs later, too, in the middle of a canary: by then a link in its path, such as
 * `current`, may lead to another release. The file itself may be a link, as its name may matter.
 */
function inItsRelease(file: string): string {
  return join(realpathSync(dirname(file)), basename(file));
}

/** Why a file cannot be run. */
function problemOf(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return `is not a file: ${file}`;
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return `does not exist: ${file}`;
    if (code === "EACCES") return `may not be executed: chmod +x ${file}`;
    return `cannot be used: ${refusal(error)}`;
  }
}
