// What a pounce.toml asks of the units that start its server: ports, users, folders, certificates.
import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { isAbstract } from "../../net/unix-address.ts";
import { findGroup } from "../../os/users.ts";
import { here } from "../../platform.ts";
import { isEnteredByAnybody, isReadableByAnybody } from "./place.ts";

export interface Demands {
  /** What a socket unit says in its lines `ListenStream=`; none: what the template says. */
  readonly listens: readonly string[];
  /** Of a Unix socket's file, in octal; undefined: there is none. */
  readonly socketMode: string | undefined;
  /** The ports below 1024, without the one that a socket unit would have. */
  readonly lowPorts: readonly number[];
  /** Whether the port of the app is one below 1024. */
  readonly isOnLowPort: boolean;
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** The folder of the Unix socket; undefined: there is none. */
  readonly socketFolder: string | undefined;
  /** Groups that may read keys which not everybody may. */
  readonly keyGroups: readonly string[];
  /** Keys that only their owner may read. */
  readonly closedKeys: readonly string[];
  /** Files that the hardening of a unit must not hide. */
  readonly paths: readonly string[];
}

/**
 * What the file asks for; undefined: it has errors. The variables of the environment here are not
 * those of the service, and do not count.
 * @param file absolute
 */
export function demandsOf(file: string): Demands | undefined {
  const loaded = loadConfig({ flags: { config: file }, env: {}, cwd: dirname(file) });
  return loaded.ok ? demandsIn(loaded.config) : undefined;
}

function demandsIn({ host, port, uds, user, group, tls, metrics }: Config): Demands {
  const others = [metrics.port, tls?.acme?.httpPort].filter((it) => it !== undefined);
  const path = uds === undefined || isAbstract(uds.path) ? undefined : uds.path;
  const files = tls === undefined || tls.acme !== undefined ? [] : tls.pairs;
  const keys = [...new Set(files.map(({ key }) => key))].map(
    (key) => [key, readerOf(key)] as const,
  );
  return {
    listens: uds === undefined ? listensOn(host, port) : [uds.path],
    socketMode: path === undefined ? undefined : uds?.mode.toString(8).padStart(4, "0"),
    lowPorts: others.filter(isLow),
    isOnLowPort: uds === undefined && isLow(port),
    user: user?.name,
    group: group?.name,
    socketFolder: path === undefined ? undefined : dirname(path),
    keyGroups: [...new Set(keys.flatMap(([, reader]) => reader.group ?? []))],
    // Root reads its own.
    closedKeys:
      user !== undefined
        ? []
        : keys.flatMap(([key, reader]) => (reader.is === "owner" ? [key] : [])),
    paths: [...(path === undefined ? [] : [path]), ...files.flatMap((it) => [it.cert, it.key])],
  };
}

function isLow(port: number): boolean {
  return port > 0 && port < 1024;
}

/** systemd resolves no names; of those only `localhost` is known without asking anybody. */
function listensOn(hosts: readonly string[], port: number): string[] {
  if (port === 0 || hosts.some((host) => /[g-z]/i.test(host) && host !== "localhost")) return [];
  return hosts.map((host) => {
    const address = host === "localhost" ? "127.0.0.1" : host;
    return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  });
}

interface Reader {
  readonly is: "anybody" | "group" | "owner";
  readonly group?: string;
}

const GROUP_READS = 0o040;

/** Who may read a file. One that is not there yet, or cannot be looked at, is its owner's. */
function readerOf(path: string): Reader {
  try {
    if (isReadableByAnybody(path)) return { is: "anybody" };
    const { mode, gid } = statSync(path);
    const isOpen = (mode & GROUP_READS) !== 0 && gid !== 0 && isEnteredByAnybody(dirname(path));
    if (!isOpen) return { is: "owner" };
    return { is: "group", group: (here.hasLibc ? findGroup(String(gid))?.name : "") || `${gid}` };
  } catch {
    return { is: "owner" };
  }
}

/** The folder's name below /run, which systemd makes at each start; undefined: it is not there. */
export function runtimeDirectory({ socketFolder = "" }: Demands): string | undefined {
  const name = /^(?:\/var)?\/run\/(.+)$/.exec(socketFolder)?.[1];
  return name === undefined || name.startsWith("user/") ? undefined : name;
}

/** What is to be done before the units can start, a step a line. */
export function stepsFor(demands: Demands, hasSocket: boolean): string[] {
  const { closedKeys, socketFolder, paths } = demands;
  const steps = closedKeys.map((key) => `let the service read ${key}: see pounce help systemd`);
  if (!hasSocket && (socketFolder === "/run" || socketFolder === "/var/run")) {
    const name = basename(paths[0] ?? "");
    steps.unshift(`set uds = "/run/pounce/${name}": only root can make a socket in /run`);
  }
  return steps;
}
