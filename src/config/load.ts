/**
 * Loads the configuration from everything that decides it. In rising precedence: defaults, the
 * file, `PORT`, `POUNCE_*` variables, flags.
 */
import { dirname } from "node:path";
import * as v from "valibot";
import { MAX_WORKERS } from "../core/scale.ts";
import type { Config } from "./config.ts";
import { usableCpus } from "./cpus.ts";
import { type Environment, readPort, readVariables } from "./environment.ts";
import { readConfigFile } from "./file.ts";
import { KEYS } from "./keys.ts";
import { absolutePath, isFolder } from "./paths.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import { judge, type Setting, settingOfText, type Source, tableOf } from "./setting.ts";

/** What was written after a flag; the flag of a list may be given several times. */
export type FlagValue = string | readonly string[];

/** All that a configuration is loaded from. It stays the same from reload to reload. */
export interface LoadInput {
  /** By the flag's long name without dashes: `config`, `reload-timeout`. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** APP when it was given without a flag. */
  readonly positionalApp?: string;
  readonly env: Environment;
  /** The working directory as the shell names it, see `logicalCwd`. */
  readonly cwd: string;
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Loads the configuration; reads the file anew at each call.
 *
 * @returns the configuration, or every error there is, each one line that begins with its place:
 *   `pounce.toml:12:3 workers: …`, `--workers: …`, `POUNCE_WORKERS: …`
 */
export function loadConfig(input: LoadInput): LoadResult {
  const given = textOf(input.flags.config);
  if (given === "") {
    return { ok: false, errors: ['--config: expected a path, got ""'] };
  }
  const file = given === undefined ? undefined : absolutePath(input.cwd, given);
  const flags = readFlags(input);
  const variables = readVariables(input.env, input.cwd);
  const sources = [
    given === undefined || file === undefined ? judge([]) : readConfigFile(given, file),
    // PORT is not pounce's own: what it holds is of no concern once the port is given otherwise.
    gives(flags, "port") || gives(variables, "port") ? judge([]) : readPort(input.env, input.cwd),
    variables,
    flags,
  ];
  const effective = new Map<string, Setting>();
  for (const setting of sources.flatMap(({ settings }) => settings)) {
    effective.set(setting.key.name, setting);
  }
  const errors = sources.flatMap((source) => source.errors);
  errors.push(...workingDirectoryErrors(effective.get("working_directory")));
  if (errors.length > 0) {
    return { ok: false, errors };
  }
  const config = resolve(effective, { file, cwd: input.cwd });
  return { ok: true, config, warnings: sources.flatMap(({ warnings }) => warnings) };
}

function gives(source: Source, name: string): boolean {
  return source.settings.some(({ key }) => key.name === name);
}

/** A flag that was given several times is the same as one with commas. */
function textOf(value: FlagValue | undefined): string | undefined {
  return typeof value === "object" ? value.join(",") : value;
}

/**
 * A path in a flag was typed in a shell, whose completion knows only the shell's own folder: it
 * starts there, as a path in the file starts at the file.
 */
function readFlags({ flags, positionalApp, cwd }: LoadInput): Source {
  const settings: Setting[] = [];
  for (const key of KEYS) {
    const text = textOf(flags[key.flag]);
    if (text !== undefined) {
      settings.push(settingOfText({ key, text, place: `--${key.flag}`, baseFolder: cwd }));
    }
    if (key.name === "app" && positionalApp !== undefined) {
      settings.push(settingOfText({ key, text: positionalApp, place: "APP", baseFolder: cwd }));
    }
  }
  return judge(settings);
}

/**
 * Workers cannot be spawned in a folder that is not there, and the system would blame their
 * executable. The default folder is not judged: it has just held the file, or is where we are.
 */
function workingDirectoryErrors(setting: Setting | undefined): string[] {
  if (setting === undefined) {
    return [];
  }
  const path = pathOf(setting);
  return isFolder(path)
    ? []
    : [`${setting.place}: expected a folder, got ${setting.shown} (${path})`];
}

function pathOf(setting: Setting): string {
  return absolutePath(setting.baseFolder, String(setting.value));
}

/** Fills in the defaults and makes all paths absolute. */
function resolve(
  effective: ReadonlyMap<string, Setting>,
  { file, cwd }: { file: string | undefined; cwd: string },
): Config {
  const values = v.parse(CONFIG_SCHEMA, tableOf(effective, CONFIG_SCHEMA.entries));
  const home = file === undefined ? cwd : dirname(file);
  const path = (name: string): string | undefined => {
    const setting = effective.get(name);
    return setting && pathOf(setting);
  };
  return {
    file,
    app: values.app,
    appBase: effective.get("app")?.baseFolder ?? home,
    host: values.host,
    port: values.port,
    workers: values.workers === "auto" ? Math.min(usableCpus(), MAX_WORKERS) : values.workers,
    workingDirectory: path("working_directory") ?? home,
    reloadTimeoutMs: values.reload_timeout,
    startupTimeoutMs: values.startup_timeout,
    shutdownTimeoutMs: values.shutdown_timeout,
    shutdownDelayMs: values.shutdown_delay,
    keepAliveTimeoutMs: values.keep_alive_timeout,
    healthCheckPath: values.health_check_path,
    pidFile: path("pid_file"),
    controlSocket: path("control_socket"),
  };
}
