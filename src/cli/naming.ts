// How the flags of a command name a server: each names one on its own, and all must name the same
// one.
import { realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Running } from "../admin/registry.ts";
import { searchedFolders } from "../admin/runtime-folder.ts";
import { socketName } from "../admin/socket-path.ts";
import { type Environment, readVariables } from "../config/sources/environment.ts";
import { FLAG_KEYS } from "../config/schema/keys.ts";
import { loadConfig } from "../config/load.ts";
import { absolutePath } from "../os/paths.ts";
import { judge, type Setting, settingOfText } from "../config/schema/setting.ts";
import { formatAddress, isUnix, parseAddress } from "../net/address.ts";
import { resolveHosts } from "../net/hosts.ts";
import { isAbstract } from "../net/unix-address.ts";

/** One way in which a server is named. */
export interface Naming {
  /** As it was given: `--config a.toml`. */
  readonly given: string;
  /** Where the control socket of such a server would be. */
  readonly paths: readonly string[];
  /** Those of them that a user wrote, in the file or as a flag. */
  readonly chosen: readonly string[];
  readonly accepts: (server: Running) => boolean;
}

type Namings =
  | { readonly ok: true; readonly namings: readonly Naming[] }
  | { readonly ok: false; readonly error: string };

/** The flags by which a server is named, as they were given. */
export interface NamingFlags {
  readonly config?: string | undefined;
  readonly "control-socket"?: string | undefined;
  /** Several have commas between them. */
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly uds?: string | undefined;
}

/** The keys that name a server, besides `--config`: as flags or variables. */
const KEYS = ["control_socket", "host", "port", "uds"];

/**
 * Reads how a server is named. Variables count only if no flag is given: the pounce that was
 * started in this environment is most likely meant, but a flag is more explicit.
 */
export async function readNamings(
  flags: NamingFlags,
  env: Environment,
  cwd: string,
): Promise<Namings> {
  const { config } = flags;
  if (config === "") return { ok: false, error: '--config: expected a path, got ""' };
  const written = FLAG_KEYS.filter(({ name }) => KEYS.includes(name)).flatMap((key) => {
    const text = flags[key.flag as keyof NamingFlags];
    return text === undefined
      ? []
      : [settingOfText({ key, text, place: `--${key.flag}`, baseFolder: cwd })];
  });
  const { settings, errors } = judge(written);
  if (errors[0] !== undefined) return { ok: false, error: errors[0] };
  const namings = config === undefined ? [] : [byConfig(config, env, cwd)];
  const isNamed = config !== undefined || settings.length > 0;
  const variables = isNamed ? undefined : readVariables(env, cwd);
  if (variables?.errors[0] !== undefined) return { ok: false, error: variables.errors[0] };
  const hints = variables?.settings ?? settings;
  const of = (name: string): Setting | undefined => hints.find(({ key }) => key.name === name);
  const [socket, host, port, uds] = KEYS.map(of);
  if (socket !== undefined) namings.push(bySocket(socket));
  if (uds !== undefined) namings.push(byUds(uds));
  // A server on any free port must be named in another way.
  const address = await byAddress(host, port?.value === 0 ? undefined : port);
  if (!address.ok) return address;
  return { ok: true, namings: [...namings, ...address.namings] };
}

/** The server of a configuration file. */
export function byConfig(given: string, env: Environment, cwd: string): Naming {
  const file = absolutePath(cwd, given);
  const usual = pathsNamed({ file, host: [], port: 0 });
  // The file may be broken or gone by now; otherwise it may say where the socket is.
  const loaded = loadConfig({ flags: { config: given }, env, cwd });
  const own = loaded.ok ? loaded.config.controlSocket : undefined;
  return {
    given: `--config ${given}`,
    paths: own === undefined ? usual : [...usual, own],
    chosen: own === undefined ? [] : [own],
    accepts: ({ path, card }) =>
      card.config === undefined
        ? usual.includes(path)
        : card.config !== null && (card.config === file || isSameFile(card.config, file)),
  };
}

function bySocket({ value, place, baseFolder }: Setting): Naming {
  const path = absolutePath(baseFolder, String(value));
  return {
    given: `${place} ${String(value)}`,
    paths: [path],
    chosen: [path],
    accepts: (server) => server.path === path || realPath(server.path) === realPath(path),
  };
}

/** The server that listens on a Unix socket. */
function byUds({ value, place, shown, baseFolder }: Setting): Naming {
  const given = String(value);
  const path = isAbstract(given) ? given : absolutePath(baseFolder, given);
  const name = formatAddress({ path });
  return {
    given: `${place} ${shown}`.replaceAll('"', ""),
    paths: pathsNamed({ file: undefined, host: [], port: 0, uds: { path, mode: 0 } }),
    chosen: [],
    accepts: ({ card }) => card.addresses.includes(name),
  };
}

async function byAddress(host: Setting | undefined, port: Setting | undefined): Promise<Namings> {
  if (host === undefined && port === undefined) return { ok: true, namings: [] };
  const names = host === undefined ? [] : [host.value].flat().map(String);
  const resolved = await resolveHosts(names);
  if (!resolved.ok) return { ok: false, error: `${host?.place}: ${resolved.error}` };
  const given = [host, port].flatMap((it) => (it === undefined ? [] : `${it.place} ${it.shown}`));
  const number = port === undefined ? undefined : Number(port.value);
  const usual = { file: undefined, host: host === undefined ? ["127.0.0.1"] : names };
  return {
    ok: true,
    namings: [
      {
        given: given.join(" ").replaceAll('"', ""),
        paths: number === undefined ? [] : pathsNamed({ ...usual, port: number }),
        chosen: [],
        accepts: ({ card }) => {
          const held = card.addresses
            .flatMap(partsOf)
            .filter((it) => number === undefined || it.port === number);
          const hosts = resolved.hosts.map((one) => one.toLowerCase());
          return held.length > 0 && hosts.every((one) => held.some(({ host: it }) => it === one));
        },
      },
    ],
  };
}

/** `127.0.0.1:8000` or `[::1]:8000`; a Unix socket has no host and port. */
function partsOf(name: string): { readonly host: string; readonly port: number }[] {
  const address = parseAddress(name);
  return isUnix(address) ? [] : [{ ...address, host: address.host.toLowerCase() }];
}

function pathsNamed(named: Parameters<typeof socketName>[0]): string[] {
  return searchedFolders().map((folder) => join(folder, socketName(named)));
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
