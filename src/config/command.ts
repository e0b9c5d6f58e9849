// A command of the operator's: the file that it is, found as a shell finds it.
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { absolutePath } from "../os/paths.ts";
import { refusal } from "../os/refusal.ts";
import { codeOf } from "../os/shortage.ts";
import type { CommandLine } from "./config.ts";
import { COMMAND_VARIABLES } from "./schema/command-variables.ts";
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
  const asIs = args.find((arg) => UNREPLACED.test(arg));
  if (asIs !== undefined) {
    const shown = JSON.stringify(asIs);
    return wrong(`gets ${shown} as it stands, as no shell reads it: write a script that has it`);
  }
  if (!name.includes("/") && !/^\.+$/.test(name)) {
    const file = Bun.which(name, { PATH: path ?? "" });
    if (file !== null) return { command: { file, args }, errors: [] };
    const inList = listFor(name, args);
    return wrong(
      inList === undefined
        ? `is no command in PATH; a file beside the configuration is "./${name}"`
        : `is no command in PATH${inList}`,
    );
  }
  const file = absolutePath(setting.baseFolder, name);
  const problem = problemOf(file);
  if (problem !== undefined) return wrong(`${problem}${listFor(name, args) ?? ""}`);
  return { command: { file: inItsRelease(file), args }, errors: [] };
}

/** An argument that begins with a variable which is set for the command. */
const UNREPLACED = new RegExp(`^\\$\\{?(?:${Object.values(COMMAND_VARIABLES).join("|")})\\b`);

/** How a text with arguments in it is written; undefined: it has none. */
function listFor(name: string, args: readonly string[]): string | undefined {
  const words = name.trim().split(/\s+/);
  if (args.length > 0 || words.length === 1) return undefined;
  return `: arguments go in a list: [${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}

/**
 * The command runs later, too, in the middle of a canary: by then a link in its path, such as
 * `current`, may lead to another release. The file itself may be a link, as its name may matter.
 */
function inItsRelease(file: string): string {
  return join(realpathSync(dirname(file)), basename(file));
}

const NO_PROGRAM = "is no program: its first line must be as in #!/bin/sh";

const LOOKED_AT_BYTES = 256;

/** Text without a first line that says what runs it. Programs of any system have a NUL early on. */
function isScriptOfNobody(file: string): boolean {
  const bytes = Buffer.alloc(LOOKED_AT_BYTES);
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    // What may be run need not be readable.
    return false;
  }
  try {
    const start = bytes.subarray(0, readSync(descriptor, bytes));
    return !start.includes(0) && start.toString("latin1", 0, 2) !== "#!";
  } finally {
    closeSync(descriptor);
  }
}

/** Why a file cannot be run. */
function problemOf(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return `is not a file: ${file}`;
    accessSync(file, constants.X_OK);
    return isScriptOfNobody(file) ? NO_PROGRAM : undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return `does not exist: ${file}`;
    if (code === "EACCES") return `may not be executed: chmod +x ${file}`;
    return `cannot be used: ${refusal(error)}`;
  }
}
