// The arguments of a pounce that prove starts: those that prove was given, and what keeps it apart
// from a server of the same configuration that may be running.
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import type { LoadInput } from "../../config/load.ts";
import { FLAG_KEYS } from "../../config/schema/keys.ts";

/** What only this server may use. */
export interface Apart {
  /** The folder for its files. */
  readonly folder: string;
  /** For its metrics, if the configuration has a port for them. */
  readonly freePort: number;
}

/** Flags that win over the file and the environment. */
export function flagsApart(
  { flags }: LoadInput,
  config: Pick<Config, "pidFile" | "log" | "accessLog" | "metrics" | "uds">,
  { folder, freePort }: Apart,
): Record<string, string> {
  const tcp = { host: flags["host"] ?? "127.0.0.1", port: flags["port"] ?? "0" };
  const unix = { uds: flags["uds"] ?? join(folder, "app.sock") };
  return {
    ...(config.uds === undefined ? tcp : unix),
    "control-socket": socketIn(folder),
    ...(config.pidFile === undefined ? {} : { "pid-file": join(folder, "pid") }),
    ...(config.log.file === undefined ? {} : { "log-file": logIn(folder) }),
    // To the file of a running server its lines do not belong, and to stdout they are of no use.
    ...(config.accessLog === undefined ? {} : { "log-access": "off" }),
    ...(config.metrics.port === undefined ? {} : { "metrics-port": String(freePort) }),
  };
}

export function socketIn(folder: string): string {
  return join(folder, "control.sock");
}

/** The log of a server whose configuration names a file for it. */
export function logIn(folder: string): string {
  return join(folder, "log");
}

const SWITCHES = new Set(
  FLAG_KEYS.filter(({ placeholder }) => placeholder === undefined).map(({ flag }) => flag),
);

/** `serve` and its arguments, for the same input with other flags. */
export function serveArgs(input: LoadInput, others: Readonly<Record<string, string>>): string[] {
  const flags = Object.entries({ ...input.flags, ...others });
  const written = flags.map(([name, value]) =>
    SWITCHES.has(name) ? `--${name}` : `--${name}=${value}`,
  );
  const { positionalApp: app, appArgs } = input;
  return ["serve", ...written, ...(app === undefined ? [] : [app]), ...rest(appArgs)];
}

function rest(appArgs: readonly string[] | undefined): readonly string[] {
  return appArgs === undefined ? [] : ["--", ...appArgs];
}
