// What is different where the server is for the person who writes the app: other defaults, and keys
// of the file that say how it is run in production. A dev server of the same file must not take the
// pid file, the log and the port of metrics from the one in production, nor need its certificates,
// and its streams and its stop are not waited for. What flags and variables say counts.
import { FLAG_KEYS } from "../schema/keys.ts";
import { judge, type Setting, type Source } from "../schema/setting.ts";

const DEFAULTS: Readonly<Record<string, unknown>> = {
  workers: 1,
  reload_timeout: "2s",
  shutdown_timeout: "100ms",
};

/** Keys of the file that do not count. */
export const OF_PRODUCTION: ReadonlySet<string> = new Set([
  "workers",
  "user",
  "group",
  "uds",
  "uds_permissions",
  "socket_activation",
  "pid_file",
  "control_socket",
  "reload_timeout",
  "shutdown_timeout",
  "shutdown_delay",
  "log.file",
  "log.format",
  "log.level",
  "log.capture",
  "metrics.port",
  "rollout.warmup",
  "rollout.verify",
  "rollout.verify_timeout",
  "tls.cert",
  "tls.key",
  "tls.http2",
  "tls.min_version",
  "tls.acme.domains",
  "tls.acme.email",
  "tls.acme.directory",
  "tls.acme.ca",
  "tls.acme.http_port",
]);

/** The defaults, as a source of settings. */
export function devDefaults(cwd: string): Source {
  const settings = Object.entries(DEFAULTS).map(([name, value]): Setting => {
    const key = FLAG_KEYS.find((it) => it.name === name);
    if (key === undefined) throw new Error(`there is no key ${name}`);
    return { key, value, shown: String(value), place: "pounce dev", baseFolder: cwd };
  });
  return judge(settings);
}

/** The settings of the file that count. Its errors do all the same. */
export function forDev(file: Source): Source {
  const settings = file.settings.filter(({ key, value }) => {
    const isAccessFile = key.name === "log.access" && value !== "stdout";
    return !OF_PRODUCTION.has(key.name) && !isAccessFile;
  });
  return { ...file, settings };
}
