// What becomes of each key of PM2's that is about processes, logs or PM2 itself. Those that name
// the program or its variables are read together: program.ts, environment.ts.
import { dirname } from "node:path";
import { formatSize } from "../../../core/size.ts";
import { MAX_WORKERS } from "../../../core/rules/scale.ts";
import type { Files } from "./files.ts";
import type { Pm2Key } from "./keys.ts";
import { note, type Piece, setting } from "./pieces.ts";
import { type Places, pm2Path, tomlPath } from "./places.ts";

/** The value of a key, which is there, and the other keys of the app. */
interface Given {
  readonly value: unknown;
  readonly of: ReadonlyMap<Pm2Key, unknown>;
  readonly places: Places;
  readonly files: Pick<Files, "isFolder">;
}

type Rule = (given: Given) => readonly Piece[];

/** Keys that other files read. */
export type ReadElsewhere =
  | "script"
  | "name"
  | "cwd"
  | "args"
  | "exec_interpreter"
  | "node_args"
  | "port"
  | "env"
  | "instances";

const SECOND_MS = 1000;

/** How long pounce waits by itself for a drain, and for a start. */
const DEFAULT_TIMEOUT_MS = 30_000;

const UNIT = "the unit of `pounce init systemd`";

/** Not taken, whatever its value is. */
function never(key: Pm2Key, reason: string): Rule {
  return () => [note(key, reason)];
}

/** Not taken; and nothing is lost when the value is the one that PM2 has by itself. */
function unless(silent: unknown, key: Pm2Key, reason: string): Rule {
  return ({ value }) => (value === silent ? [] : [note(key, reason)]);
}

/** A time in PM2's file: milliseconds, or a text with a unit. Undefined: it is no time. */
function milliseconds(value: unknown): number | undefined {
  const [, digits, unit = "ms"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(String(value).trim()) ?? [];
  const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  return digits === undefined ? undefined : Number(digits) * (factors[unit] ?? 1);
}

function duration(ms: number): string {
  return ms % SECOND_MS === 0 ? `${ms / SECOND_MS}s` : `${Math.round(ms)}ms`;
}

/** A key with a time, which is noted if it has none. */
function timed(key: Pm2Key, pieces: (ms: number, given: Given) => readonly Piece[]): Rule {
  return (given) => {
    const ms = milliseconds(given.value);
    if (ms === undefined) return [note(key, `${JSON.stringify(given.value)} is not a time`)];
    return ms === 0 ? [] : pieces(ms, given);
  };
}

/** PM2 measures the resident memory too. A new worker is there before the old one goes. */
function memoryLimit({ value }: Given): readonly Piece[] {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([KMG])?B?$/i.exec(String(value).trim()) ?? [];
  const powers: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3 };
  const bytes = Math.round(Number(digits) * 1024 ** (powers[unit.toUpperCase()] ?? 0));
  if (digits !== undefined) return [setting("recycle.max_rss", formatSize(bytes))];
  return [note("max_memory_restart", `${JSON.stringify(value)} is not a size`)];
}

/** Where PM2 writes no file. */
function isNowhere(path: unknown): boolean {
  return path === "/dev/null" || path === "NULL" || path === false;
}

/** The log is one file: the first of these that PM2's file has. */
function logFile(key: "log_file" | "out_file" | "error_file"): Rule {
  const before = { log_file: [], out_file: ["log_file"], error_file: ["log_file", "out_file"] };
  return ({ value, of, places, files }) => {
    const first = (before[key] as Pm2Key[]).find((it) => typeof of.get(it) === "string");
    if (isNowhere(value) || typeof value !== "string") return [];
    if (first !== undefined) {
      return of.get(first) === value
        ? []
        : [note(key, `the log is one file; in it, lines of stderr have the level ERROR`)];
    }
    const path = pm2Path(places, value);
    const folder = dirname(path);
    const comment =
      "With what the app prints. After logrotate, send USR1." +
      (files.isFolder(folder)
        ? ""
        : ` There is no folder ${tomlPath(places, folder)} yet: make it.`);
    const written = setting("log.file", tomlPath(places, path), comment);
    return [written, setting("log.capture", true)];
  };
}

function crashBudget({ of }: Given): readonly Piece[] {
  const restarts = Number(of.get("max_restarts") ?? 16);
  const uptimeMs = milliseconds(of.get("min_uptime") ?? 1000);
  if (!Number.isInteger(restarts) || uptimeMs === undefined) {
    return [note("max_restarts", "not a number, or min_uptime is not a time")];
  }
  const comment =
    "This ends a start that keeps failing. A server that serves goes on trying, with longer and " +
    "longer waits, where PM2 gives up.";
  const crashes = Math.max(1, restarts);
  const window = duration(Math.max(SECOND_MS, uptimeMs * crashes));
  return [setting("respawn.max_crashes", crashes, comment), setting("respawn.window", window)];
}

export const RULES: Readonly<Record<Exclude<Pm2Key, ReadElsewhere>, Rule>> = {
  exec_mode: () => [],
  execute_command: never("execute_command", "pounce runs programs, not commands"),
  name_prefix: never("name_prefix", "a server is named by its pounce.toml"),
  append_env_to_name: unless(false, "append_env_to_name", "a server is named by its pounce.toml"),
  namespace: unless("default", "namespace", "a server is named by its pounce.toml"),
  increment_var: never(
    "increment_var",
    "all workers share the address; the variable of `slot_variable` tells them apart",
  ),
  instance_var: () => [],
  filter_env: unless(false, "filter_env", `workers get pounce's own environment, see ${UNIT}`),

  log_file: logFile("log_file"),
  out_file: logFile("out_file"),
  error_file: logFile("error_file"),
  disable_logs: unless(
    false,
    "disable_logs",
    "the log goes to stdout: start pounce with >/dev/null",
  ),
  log_type: ({ value }) =>
    value === "json" ? [setting("log.format", "json"), setting("log.capture", true)] : [],
  log_date_format: never(
    "log_date_format",
    "every line has the time by RFC 3339, if the log does not go to a terminal",
  ),
  time: () => [],
  merge_logs: () => [],
  pid_file: ({ value, places }) =>
    typeof value === "string" && !isNowhere(value)
      ? [setting("pid_file", tomlPath(places, pm2Path(places, value)), "The pid of the master.")]
      : [],

  kill_timeout: timed("kill_timeout", (ms) => [
    setting("shutdown_timeout", duration(ms), "kill_timeout. Requests get this long at a stop."),
    ...(ms > DEFAULT_TIMEOUT_MS ? [setting("reload_timeout", duration(ms))] : []),
  ]),
  kill_retry_time: never("kill_retry_time", "a signal is not repeated"),
  listen_timeout: timed("listen_timeout", (ms) =>
    ms > DEFAULT_TIMEOUT_MS
      ? [setting("startup_timeout", duration(ms))]
      : [
          note(
            "listen_timeout",
            "past it PM2 takes an app for ready, and pounce rejects the version: startup_timeout " +
              "stays at 30 s",
          ),
        ],
  ),
  wait_ready: () => [],
  shutdown_with_message: unless(
    false,
    "shutdown_with_message",
    "the program's handlers of SIGTERM and SIGINT run after its last request",
  ),
  restart_delay: timed("restart_delay", (ms, { of }) =>
    of.has("exp_backoff_restart_delay")
      ? []
      : [
          setting(
            "respawn.backoff_min",
            duration(ms),
            "restart_delay. The first crash is not waited for.",
          ),
          setting("respawn.backoff_max", duration(ms)),
        ],
  ),
  exp_backoff_restart_delay: timed("exp_backoff_restart_delay", (ms) => [
    setting(
      "respawn.backoff_min",
      duration(ms),
      "exp_backoff_restart_delay. It doubles each time.",
    ),
    setting("respawn.backoff_max", duration(Math.max(ms, 15_000))),
  ]),
  max_restarts: crashBudget,
  min_uptime: (given) => (given.of.has("max_restarts") ? [] : crashBudget(given)),
  max_memory_restart: memoryLimit,
  cron_restart: ({ value }) =>
    value === 0 || value === "0"
      ? []
      : [
          note(
            "cron_restart",
            "pounce has no clock for that; a line of a crontab: " +
              `${String(value)} pounce reload --config FILE`,
          ),
        ],
  autostart: unless(true, "autostart", "pounce starts when it is started"),
  autorestart: unless(
    true,
    "autorestart",
    "pounce replaces every worker that ends. Is this a server? A job belongs to cron or a " +
      "systemd timer",
  ),
  stop_exit_codes: never(
    "stop_exit_codes",
    "pounce replaces every worker that ends; `pounce stop` ends the server",
  ),

  watch: unless(
    false,
    "watch",
    "`pounce dev` is not there yet; `pounce reload` loads what changed",
  ),
  watch_delay: () => [],
  ignore_watch: () => [],
  watch_options: () => [],
  source_map_support: unless(
    true,
    "source_map_support",
    "Bun always shows the lines of the source",
  ),
  disable_source_map_support: unless(
    false,
    "disable_source_map_support",
    "Bun always shows the lines of the source",
  ),

  uid: ({ value }) => [
    note("uid", `the user of the workers is pounce's: User=${String(value)} in ${UNIT}`),
  ],
  gid: ({ value }) => [note("gid", `the group is pounce's: Group=${String(value)} in ${UNIT}`)],
  username: () => [],
  treekill: unless(
    true,
    "treekill",
    "what an app has started gets TERM when its worker ends, unless it is detached",
  ),
  windowsHide: () => [],
  force: () => [],
  write: () => [],
  install_url: never("install_url", "pounce installs nothing"),
  vizion: () => [],
  post_update: never("post_update", "commands of a deploy run before `pounce reload`"),
  pmx: unless(true, "pmx", "it is a part of PM2"),
  automation: unless(true, "automation", "it is a part of PM2"),
  io: never("io", "settings of PM2's monitoring; [metrics] serves Prometheus"),
  trace: unless(false, "trace", "it is a part of PM2's monitoring"),
  disable_trace: () => [],
  v8: unless(false, "v8", "it is a part of PM2's monitoring"),
  event_loop_inspector: unless(false, "event_loop_inspector", "it is a part of PM2's monitoring"),
  deep_monitoring: unless(false, "deep_monitoring", "it is a part of PM2's monitoring"),
};

/** The number of workers, as PM2 reads `instances`. */
export function workersPieces(instances: unknown): readonly Piece[] {
  if (instances === undefined) {
    return [setting("workers", 1, 'One process, as under PM2. "auto" is one per usable CPU.')];
  }
  const number = instances === "max" ? 0 : Math.trunc(Number(instances));
  if (Number.isNaN(number)) {
    return [note("instances", `${JSON.stringify(instances)} is not a number`)];
  }
  if (number === 0) return [setting("workers", "auto")];
  if (number > 0) return [setting("workers", Math.min(number, MAX_WORKERS))];
  const comment = `instances: ${number} of PM2's leaves CPUs free, for which pounce has no value.`;
  return [setting("workers", "auto", comment)];
}
