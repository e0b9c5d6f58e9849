// Makes a configuration from settings that are valid on their own: fills in defaults, makes paths
// absolute, and finds errors that only several settings together, or the file system, can show.
import { dirname } from "node:path";
import * as v from "valibot";
import { MAX_WORKERS } from "../core/rules/scale.ts";
import type { AccessLogSettings } from "../log/settings.ts";
import type { Account, Config, UnixSocket } from "./config.ts";
import { embeddedApp } from "../embedded-app.ts";
import { usableCpus } from "./cpus.ts";
import { formatDuration } from "../core/duration.ts";
import { here } from "../platform.ts";
import { absolutePath, isFolder } from "../os/paths.ts";
import { HIDDEN_LENGTH, isAbstract, LONGEST_PATH } from "../net/unix-address.ts";
import { CONFIG_SCHEMA } from "./schema/schema.ts";
import { type Setting, tableOf } from "./schema/setting.ts";
import { commandOf } from "./command.ts";
import { rolloutErrors, rolloutOf } from "./rollout.ts";
import { webSocketsOf } from "./websockets.ts";
import { resolveTls } from "./tls.ts";
import { readEnvFiles } from "./sources/worker-env.ts";

function autoWorkers(): number {
  return here.sharesAddresses ? Math.min(usableCpus(), MAX_WORKERS) : 1;
}

/** A configuration; not usable if there are errors. */
interface Resolved {
  readonly config: Config;
  /** Each one line that begins with its place. */
  readonly errors: readonly string[];
}

/**
 * @param effective the valid settings that hold, by the name of their key
 * @param from the configuration file, absolute, the working directory, the keys that are given, but
 *   wrong, and where commands are looked up
 */
export function resolveConfig(
  effective: ReadonlyMap<string, Setting>,
  from: {
    readonly file: string | undefined;
    readonly cwd: string;
    readonly wrong: ReadonlySet<string>;
    /** `PATH`, if there is one. */
    readonly path: string | undefined;
  },
): Resolved {
  const values = v.parse(CONFIG_SCHEMA, tableOf(effective, CONFIG_SCHEMA.entries));
  const home = from.file === undefined ? from.cwd : dirname(from.file);
  const path = (name: string): string | undefined => {
    const setting = effective.get(name);
    return setting && pathOf(setting);
  };
  const envFiles = readEnvFiles(effective.get("env_file"));
  const workerEnv = { ...envFiles.variables, ...values.env };
  const verify = commandOf(effective.get("rollout.verify"), workerEnv["PATH"] ?? from.path);
  const tls = resolveTls(effective, values.tls, from.wrong);
  const config: Config = {
    file: from.file,
    app: values.app,
    appBase: effective.get("app")?.baseFolder ?? home,
    appArgs: values.app_args ?? [],
    host: values.host,
    port: values.port,
    socketActivation: values.socket_activation,
    uds: udsOf(effective.get("uds"), values.uds_permissions),
    affinity: values.affinity,
    workers: values.workers === "auto" ? autoWorkers() : values.workers,
    workingDirectory: path("working_directory") ?? home,
    user: accountOf(values.user, effective.get("user")),
    group: accountOf(values.group, effective.get("group")),
    reloadTimeoutMs: values.reload_timeout,
    startupTimeoutMs: values.startup_timeout,
    shutdownTimeoutMs: values.shutdown_timeout,
    shutdownDelayMs: values.shutdown_delay,
    keepAliveTimeoutMs: values.keep_alive_timeout,
    requestTimeoutMs: values.request_timeout,
    limits: {
      maxRequestBytes: values.limits.max_request_size,
      maxConnections: values.limits.max_connections,
      minUploadRate: values.limits.min_upload_rate,
      headerTimeoutMs: values.limits.header_timeout,
    },
    healthCheckPath: values.health_check_path,
    pidFile: path("pid_file"),
    controlSocket: path("control_socket"),
    log: {
      level: values.log.level,
      format: values.log.format,
      file: path("log.file"),
      capture: values.log.capture,
    },
    accessLog: accessLogOf(values.log, path("log.access")),
    trustedProxies: values.trusted_proxies,
    requestId: values.request_id,
    h2c: values.h2c,
    tls: tls.tls,
    metrics: { port: values.metrics.port, path: values.metrics.path },
    rollout: rolloutOf(values.rollout, verify.command),
    recycle: {
      maxRequests: values.recycle.max_requests,
      maxRequestsJitter: values.recycle.max_requests_jitter,
      maxRssBytes: values.recycle.max_rss,
      maxLifetimeMs: values.recycle.max_lifetime,
    },
    respawn: {
      maxCrashes: values.respawn.max_crashes,
      windowMs: values.respawn.window,
      backoffMinMs: values.respawn.backoff_min,
      backoffMaxMs: values.respawn.backoff_max,
      uncaught: values.respawn.uncaught,
    },
    websocket: webSocketsOf(values.websocket),
    hangTimeoutMs: values.watchdog.hang_timeout,
    slotVariable: values.slot_variable,
    envFiles: envFiles.files,
    workerEnv,
  };
  const errors = [
    ...appArgsErrors(effective),
    ...udsErrors(effective),
    ...affinityErrors(effective.get("affinity"), config),
    ...workingDirectoryErrors(effective.get("working_directory")),
    ...envFiles.errors,
    ...backoffErrors(effective, config),
    ...jitterErrors(effective.get("recycle.max_requests_jitter"), config),
    ...verify.errors,
    ...rolloutErrors(effective, config.rollout, from.wrong),
    ...metricsErrors(effective.get("metrics.port"), config),
    ...tls.errors,
  ];
  return { config, errors };
}

/** The demo has no use for arguments: whoever gives some has forgotten to name an app. */
function appArgsErrors(effective: ReadonlyMap<string, Setting>): string[] {
  const setting = effective.get("app_args");
  if (setting === undefined || effective.has("app") || embeddedApp() !== undefined) return [];
  const remedy = setting.place === "--" ? 'name APP before "--"' : 'set "app" as well';
  return [`${setting.place}: expected an app that gets ${setting.shown}: ${remedy}`];
}

function udsOf(setting: Setting | undefined, mode: number): UnixSocket | undefined {
  if (setting === undefined) return undefined;
  const path = String(setting.value);
  return { path: isAbstract(path) ? path : pathOf(setting), mode };
}

/** The kernel has room for a name of so many bytes, and pounce needs one beside it for a moment. */
function udsErrors(effective: ReadonlyMap<string, Setting>): string[] {
  const permissions = effective.get("uds_permissions");
  const setting = effective.get("uds");
  const uds = udsOf(setting, 0);
  if (setting === undefined || uds === undefined) {
    if (permissions === undefined) return [];
    return [`${permissions.place}: these are the permissions of uds: set that as well`];
  }
  const bytes = Buffer.byteLength(uds.path);
  const folderBytes = isAbstract(uds.path) ? 0 : Buffer.byteLength(dirname(uds.path));
  const isTooLong = bytes > LONGEST_PATH || folderBytes + HIDDEN_LENGTH > LONGEST_PATH;
  if (!isTooLong) return [];
  const limits =
    `a path of at most ${LONGEST_PATH} bytes, in a folder whose path has at most ` +
    `${LONGEST_PATH - HIDDEN_LENGTH}`;
  return [`${setting.place}: expected ${limits}, got ${bytes} bytes: ${uds.path}`];
}

/** Only the kernel knows the client before a worker has accepted, and it steers only ports. */
function affinityErrors(
  setting: Setting | undefined,
  { affinity, uds, socketActivation }: Config,
): string[] {
  if (setting === undefined || affinity === "none") return [];
  const other = uds === undefined ? socketActivation && "socket_activation" : "uds";
  if (other === false) return [];
  const why = "all workers accept from one socket, and a client's connections come to any of them";
  return [`${setting.place}: expected "none" with ${other}, got ${setting.shown}: ${why}`];
}

/** The app needs its port for itself. */
function metricsErrors(setting: Setting | undefined, { port, uds }: Config): string[] {
  return setting === undefined || setting.value !== port || uds !== undefined
    ? []
    : [`${setting.place}: expected a port other than the app's, got ${setting.shown}`];
}

function accountOf(name: string | undefined, setting: Setting | undefined): Account | undefined {
  return name === undefined || setting === undefined ? undefined : { name, place: setting.place };
}

/** @param path the value of `log.access`, if it were a path */
function accessLogOf(
  log: v.InferOutput<typeof CONFIG_SCHEMA>["log"],
  path: string | undefined,
): AccessLogSettings | undefined {
  if (log.access === "off") return undefined;
  const file = log.access === "stdout" ? undefined : path;
  return { format: log.access_format, file, exclude: log.access_exclude ?? [] };
}

function pathOf(setting: Setting): string {
  return absolutePath(setting.baseFolder, String(setting.value));
}

/**
 * Workers cannot be spawned in a missing folder, and the system would blame their executable. The
 * default folder is not checked: it has just held the file, or we are in it.
 */
function workingDirectoryErrors(setting: Setting | undefined): string[] {
  if (setting === undefined) return [];
  const path = pathOf(setting);
  return isFolder(path)
    ? []
    : [`${setting.place}: expected a folder, got ${setting.shown} (${path})`];
}

/** A key that would have no effect was meant to have one. */
function jitterErrors(setting: Setting | undefined, { recycle }: Config): string[] {
  const { maxRequests, maxRequestsJitter } = recycle;
  return setting === undefined || maxRequests > 0 || maxRequestsJitter === 0
    ? []
    : [`${setting.place}: this is added to recycle.max_requests: set that as well`];
}

/** The minimum wait must not exceed the maximum; one of the two may be the default. */
function backoffErrors(effective: ReadonlyMap<string, Setting>, { respawn }: Config): string[] {
  const { backoffMinMs, backoffMaxMs } = respawn;
  const min = effective.get("respawn.backoff_min");
  const max = effective.get("respawn.backoff_max");
  if (backoffMinMs <= backoffMaxMs) return [];
  const least = `at least backoff_min (${formatDuration(backoffMinMs)})`;
  const most = `at most backoff_max (${formatDuration(backoffMaxMs)})`;
  return max === undefined
    ? [`${min?.place}: expected ${most}, got ${min?.shown}`]
    : [`${max.place}: expected ${least}, got ${max.shown}`];
}
