/** The command `pounce [serve] [APP] [flags]`: from arguments to the input of `loadConfig`. */
import type { Environment } from "../config/sources/environment.ts";
import { FLAG_KEYS, type Key } from "../config/schema/keys.ts";
import type { FlagValue, LoadInput } from "../config/load.ts";
import { showValue } from "../config/schema/setting.ts";
import { type Flag, type ParsedFlags, parseFlags } from "./flags.ts";
import { type Help, type HelpFlag, renderHelp } from "./help.ts";
import { unsetText } from "./program.ts";
import { versionText } from "./version.ts";

export type ParsedServe =
  | { readonly kind: "serve"; readonly input: LoadInput }
  /** To be printed on stdout as it is. */
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version"; readonly text: string }
  /** One line, to be printed on stderr. */
  | { readonly kind: "usage-error"; readonly message: string };

const CONFIG_FLAG: Flag = {
  name: "config",
  short: "c",
  placeholder: "PATH",
  expected: "a path",
  meaning: "configuration file; without it none is read",
};

const SWITCHES: readonly Flag[] = [
  { name: "help", short: "h", meaning: "print this" },
  { name: "version", short: "v", meaning: "print the version" },
];

const FLAGS = [CONFIG_FLAG, ...FLAG_KEYS.map(flagOfKey), ...SWITCHES];

/** What `pounce serve --help` says. */
export const SERVE_HELP: Help = {
  usage: [
    "pounce [serve] [APP] [flags]",
    "Serves an app in worker processes; SIGHUP reloads it without losing one request.",
  ],
  flags: FLAGS,
  notes: [
    "APP: ./app.ts, myapp:app, ./app.ts:createApp(). TIME: seconds or 500ms, 2m, 1h.",
    "level in [log] is also --log-level and POUNCE_LOG_LEVEL; so is every other key.",
    "Flags win over POUNCE_*, then PORT, the file. Keys: pounce help configuration.",
  ],
  examples: ["pounce ./app.ts --port 3000 --workers 4", "pounce --config pounce.toml"],
};

function flagOfKey(key: Key): HelpFlag {
  const { path, flag, short, placeholder, expected, meaning, isList, defaultValue } = key;
  const table = path.length > 1 ? path[0] : undefined;
  const defaultText = defaultValue === undefined ? unsetText(key) : String(defaultValue);
  return { name: flag, short, placeholder, expected, meaning, isList, defaultText, table };
}

/**
 * Parses the arguments of the default command. It reads no file and never exits.
 *
 * @param argv the arguments after the executable's name; `serve` may be the first
 * @param cwd the working directory as the shell names it, see `logicalCwd`
 */
export function parseServe(argv: readonly string[], env: Environment, cwd: string): ParsedServe {
  const parsed = parseFlags(argv[0] === "serve" ? argv.slice(1) : argv, FLAGS);
  if (parsed.values.has("help")) {
    return { kind: "help", text: renderHelp(SERVE_HELP) };
  }
  const message = parsed.error ?? surplusApp(parsed);
  if (message !== undefined) {
    return { kind: "usage-error", message };
  }
  if (parsed.values.has("version")) {
    return { kind: "version", text: `${versionText()}\n` };
  }
  return { kind: "serve", input: inputOf(parsed.values, parsed.positionals[0], env, cwd) };
}

/** What a configuration is loaded from, of flags that have been judged. */
export function inputOf(
  values: ParsedFlags["values"],
  positionalApp: string | undefined,
  env: Environment,
  cwd: string,
): LoadInput {
  const input = { flags: flagValues(values), env, cwd };
  return positionalApp === undefined ? input : { ...input, positionalApp };
}

/** There is one APP at most, with its flag or without. */
function surplusApp({ values, positionals }: ParsedFlags): string | undefined {
  const [app, surplus = values.get("app")?.[0]] = positionals;
  return app === undefined || surplus === undefined
    ? undefined
    : `${showValue(surplus)}: there can be only one APP, and it is ${showValue(app)} already`;
}

function flagValues(values: ParsedFlags["values"]): Record<string, FlagValue> {
  const flags: Record<string, FlagValue> = {};
  // A switch has no value: that it is there means true.
  for (const [name, [first = "true", ...more]] of values) {
    flags[name] = more.length === 0 ? first : [first, ...more];
  }
  return flags;
}
