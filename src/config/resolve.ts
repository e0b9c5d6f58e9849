/**
 * Makes a configuration of settings that are valid each by itself: fills in the defaults, makes paths
 * absolute, and finds what only several settings, or the file system, can tell to be wrong.
 */
import { dirname } from "node:path";
import * as v from "valibot";
import { MAX_WORKERS } from "../core/scale.ts";
import type { Config } from "./config.ts";
import { usableCpus } from "./cpus.ts";
import { formatDuration } from "./duration.ts";
import { absolutePath, isFolder } from "./paths.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import { type Setting, tableOf } from "./setting.ts";
import { readEnvFiles } from "./worker-env.ts";

/** A configuration, of no use when there are errors. */
export interface Resolved {
  readonly config: Config;
  /** Each one line that begins with its place. */
  readonly errors: readonly string[];
}

/**
 * @param effective the valid settings that hold, by the name of their key
 * @param from the configuration file, absolute, and the working directory
 */
export function resolveConfig(
  effective: ReadonlyMap<string, Setting>,
  from: { readonly file: string | undefined; readonly cwd: string },
): Resolved {
  const values = v.parse(CONFIG_SCHEMA, tableOf(effective, CONFIG_SCHEMA.entries));
  const home = from.file === undefined ? from.cwd : dirname(from.file);
  const path = (name: string): string | undefined => {
    const setting = effective.get(name);
    return setting && pathOf(setting);
  };
  const envFiles = readEnvFiles(effective.get("env_file"));
  const config: Config = {
    file: from.file,
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
    log: {
      level: values.log.level,
      format: values.log.format,
      file: path("log.file"),
      capture: values.log.capture,
    },
    respawn: {
      maxCrashes: values.respawn.max_crashes,
      windowMs: values.respawn.window,
      backoffMinMs: values.respawn.backoff_min,
      backoffMaxMs: values.respawn.backoff_max,
    },
    workerEnv: { ...envFiles.variables, ...values.env },
  };
  const errors = [
    ...workingDirectoryErrors(effective.get("working_directory")),
    ...envFiles.errors,
    ...backoffErrors(effective, config),
  ];
  return { config, errors };
}

function pathOf(setting: Setting): string {
  return absolutePath(setting.baseFolder, String(setting.value));
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

/** The shortest wait cannot be longer than the longest, one of which may be the default. */
function backoffErrors(effective: ReadonlyMap<string, Setting>, { respawn }: Config): string[] {
  const { backoffMinMs, backoffMaxMs } = respawn;
  const min = effective.get("respawn.backoff_min");
  const max = effective.get("respawn.backoff_max");
  if (backoffMinMs <= backoffMaxMs) {
    return [];
  }
  const least = `at least backoff_min (${formatDuration(backoffMinMs)})`;
  const most = `at most backoff_max (${formatDuration(backoffMaxMs)})`;
  return max === undefined
    ? [`${min?.place}: expected ${most}, got ${min?.shown}`]
    : [`${max.place}: expected ${least}, got ${max.shown}`];
}
