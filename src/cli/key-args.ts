// The keys of the configuration as arguments of a command.
import type { ParsedArgs } from "citty";
import type { LoadInput } from "../config/load.ts";
import { FLAG_KEYS, type Key } from "../config/schema/keys.ts";
import { usualFile } from "../config/sources/usual-file.ts";
import { logicalCwd } from "../os/paths.ts";
import type { Arg, Args } from "./define.ts";
import { unsetText } from "./program.ts";

export const CONFIG_ARG = {
  type: "string",
  alias: "c",
  valueHint: "PATH",
  expected: "a path",
  description: "configuration file; without APP, ./pounce.toml",
} as const satisfies Arg;

/** Everything that a configuration is loaded from. Defaults are applied later, by the schema. */
export const CONFIGURATION_ARGS = {
  module: {
    type: "positional",
    valueHint: "APP",
    expected: "a module",
    required: false,
    flag: "app",
    restHint: "ARG",
  },
  config: CONFIG_ARG,
  ...Object.fromEntries(FLAG_KEYS.map((key) => [key.flag, argOf(key)])),
} as const satisfies Args;

const FLAGS: ReadonlySet<string> = new Set(["config", ...FLAG_KEYS.map(({ flag }) => flag)]);

function argOf(key: Key): Arg {
  const { path, placeholder, meaning, defaultValue } = key;
  return {
    ...writingOf(key),
    type: placeholder === undefined ? "boolean" : "string",
    description: meaning,
    unset: defaultValue === undefined ? unsetText(key) : String(defaultValue),
    table: path.length > 1 ? path.slice(0, -1).join(".") : undefined,
  };
}

/** How to write the flag of a key. */
function writingOf({ short, placeholder, expected, isList = false }: Key) {
  const letter = short === undefined ? {} : { alias: short };
  const value = placeholder === undefined ? {} : { valueHint: placeholder };
  return { ...letter, ...value, expected, isList };
}

/** The flag of a key when it names a running server instead of configuring one. */
export function namingArg(name: string, description: string) {
  const key = FLAG_KEYS.find((candidate) => candidate.name === name);
  if (key === undefined) throw new Error(`there is no key ${name}`);
  return { ...writingOf(key), type: "string", description } as const;
}

/**
 * The input of a configuration, from arguments that have been judged.
 * @param appArgs what follows `--`
 */
export function inputOf(
  args: ParsedArgs<typeof CONFIGURATION_ARGS>,
  appArgs: readonly string[] | undefined,
): LoadInput {
  const { env } = process;
  // citty also has each value under other spellings of its name; those are skipped.
  const given = Object.entries(args).flatMap(([name, value]) =>
    FLAGS.has(name) ? [[name, String(value)]] : [],
  );
  const cwd = logicalCwd(env["PWD"]);
  const flags: Record<string, string> = Object.fromEntries(given);
  const isNamed = "config" in flags || "app" in flags || args.module !== undefined;
  const usual = isNamed ? undefined : usualFile(env, cwd);
  return {
    flags: usual === undefined ? flags : { ...flags, config: usual },
    ...(args.module === undefined ? {} : { positionalApp: args.module }),
    ...(appArgs === undefined ? {} : { appArgs }),
    env,
    cwd,
  };
}
