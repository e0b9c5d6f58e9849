// Loads the configuration from everything that decides it. In rising precedence: defaults, the
// file, `PORT`, `POUNCE_*` variables, flags.
import type { Config } from "./config.ts";
import { type Environment, readPort, readVariables } from "./sources/environment.ts";
import { devDefaults, forDev } from "./sources/dev.ts";
import { readConfigFile } from "./sources/file.ts";
import { FLAG_KEYS } from "./schema/keys.ts";
import type { Inspect } from "../net/inspect.ts";
import { absolutePath } from "../os/paths.ts";
import { resolveConfig } from "./resolve.ts";
import { noAppWarning } from "./sources/no-app.ts";
import { decideWhere } from "./sources/where.ts";
import { judge, type Setting, settingOfText, showValue, type Source } from "./schema/setting.ts";

/** All that a configuration is loaded from. It stays the same from reload to reload. */
export interface LoadInput {
  /**
   * What was written after each flag, by its long name without dashes: `config`, `reload-timeout`.
   * A list has commas.
   */
  readonly flags: Readonly<Record<string, string>>;
  /** APP when it was given without a flag. */
  readonly positionalApp?: string;
  /** What was given to the app itself, after `--`; undefined: there is no `--`. */
  readonly appArgs?: readonly string[];
  readonly env: Environment;
  /** The working directory as the shell names it, see `logicalCwd`. */
  readonly cwd: string;
  /** Whether it is for the person who writes the app; left out: no. */
  readonly isDev?: boolean;
  /** Where a debugger can attach to its worker; left out: nowhere. */
  readonly inspect?: Inspect;
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly string[];
      /** The settings in effect, by the name of their key; keys without one have their default. */
      readonly settings: ReadonlyMap<string, Setting>;
    }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Loads the configuration; reads the file at each call.
 * @returns the configuration, or every error there is, each one line that starts with its place:
 *   `pounce.toml:12:3 workers: …`, `--workers: …`, `POUNCE_WORKERS: …`
 */
export function loadConfig(input: LoadInput): LoadResult {
  const given = input.flags["config"];
  if (given === "") return { ok: false, errors: ['--config: expected a path, got ""'] };
  const file = given === undefined ? undefined : absolutePath(input.cwd, given);
  const flags = readFlags(input);
  const variables = readVariables(input.env, input.cwd);
  const isRead = given !== undefined && file !== undefined;
  const inFile = isRead ? readConfigFile(given, file, input.env) : judge([]);
  const sources = [
    ...(input.isDev === true ? [devDefaults(input.cwd), forDev(inFile)] : [inFile]),
    // PORT is not pounce's own: its value does not matter if the port is set in another way.
    gives(flags, "port") || gives(variables, "port") ? judge([]) : readPort(input.env, input.cwd),
    variables,
    flags,
  ];
  const decided = decideWhere(sources);
  const effective = new Map<string, Setting>();
  for (const setting of decided.settings) effective.set(setting.key.name, setting);
  const errors = [...sources.flatMap((source) => source.errors), ...decided.errors];
  const wrong = new Set(sources.flatMap((source) => source.wrong ?? []));
  const resolved = resolveConfig(effective, {
    file,
    cwd: input.cwd,
    wrong,
    path: input.env["PATH"],
  });
  errors.push(...resolved.errors);
  if (errors.length > 0) return { ok: false, errors };
  const warnings = sources.flatMap((it) => it.warnings);
  const noApp = effective.has("app") ? undefined : noAppWarning(given);
  if (noApp !== undefined) warnings.push(noApp);
  const otherPort = otherPortWarning(resolved.config);
  if (otherPort !== undefined) warnings.push(otherPort);
  return { ok: true, config: resolved.config, warnings, settings: effective };
}

/** Under Node, the port in a file of variables is the one that a program listens on. */
function otherPortWarning({ workerEnv, port, uds }: Config): string | undefined {
  const other = Number(workerEnv["PORT"]);
  if (!(other > 0) || other === port || uds !== undefined) return undefined;
  return `PORT = ${other} in [env] or env_file does not count: to listen there, port = ${other}`;
}

function gives(source: Source, name: string): boolean {
  return source.settings.some(({ key }) => key.name === name);
}

/**
 * A path in a flag was typed in a shell, whose completion knows only the shell's own folder: it
 * starts there, as a path in the file starts at the file.
 */
function readFlags({ flags, positionalApp, appArgs, cwd }: LoadInput): Source {
  const settings: Setting[] = [];
  const errors: string[] = [];
  for (const key of FLAG_KEYS) {
    const text = flags[key.flag];
    if (text !== undefined) {
      settings.push(settingOfText({ key, text, place: `--${key.flag}`, baseFolder: cwd }));
    }
    if (key.name === "app" && positionalApp !== undefined) {
      settings.push(settingOfText({ key, text: positionalApp, place: "APP", baseFolder: cwd }));
    }
    if (key.name === "app_args" && appArgs !== undefined) {
      const shown = showValue(appArgs);
      settings.push({ key, value: appArgs, shown, place: "--", baseFolder: cwd });
      if (text !== undefined) errors.push(`--${key.flag}: ${shown} is given after "--" already`);
    }
  }
  const judged = judge(settings);
  return { ...judged, errors: [...judged.errors, ...errors] };
}
