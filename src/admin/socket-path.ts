// Where the control socket of a server is: the same for the server and for the commands that look for it.
import { mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Config } from "../config/config.ts";
import { here } from "../platform.ts";

/** The kernel's limit for the path of a Unix socket, without the final zero. */
export const LONGEST_PATH = here.sharesAddresses ? 107 : 103;

/** The folder for sockets of this user: a runtime folder that ends with the session or the boot. */
function runtimeFolder(): string {
  const { XDG_RUNTIME_DIR, RUNTIME_DIRECTORY } = process.env;
  const [systemd] = (RUNTIME_DIRECTORY ?? "").split(":");
  if (systemd !== undefined && systemd !== "") return systemd;
  if (XDG_RUNTIME_DIR !== undefined && XDG_RUNTIME_DIR !== "")
    return join(XDG_RUNTIME_DIR, "pounce");
  const uid = process.getuid?.() ?? 0;
  // The temporary folder of macOS has a name that leaves too little room for ours.
  if (!here.sharesAddresses) return uid === 0 ? "/var/run/pounce" : `/tmp/pounce-${uid}`;
  return uid === 0 ? "/run/pounce" : join(tmpdir(), `pounce-${uid}`);
}

/** `control_socket`, or a path named after the configuration file, or else after the address. */
export function controlSocketPath({ controlSocket, file, host, port }: Config): string {
  if (controlSocket !== undefined) return controlSocket;
  const identity = file ?? `${host.join(",")}:${port}`;
  const hash = Bun.hash(identity).toString(36).slice(0, 8);
  const readable = (file === undefined ? `${host[0]}-${port}` : basename(file, ".toml")).slice(
    0,
    32,
  );
  return join(runtimeFolder(), `${readable.replaceAll(/[^\w.-]/g, "_")}-${hash}.sock`);
}

/**
 * Sees to the folder of a socket: ours is made, and must not be writable by others; one that the user
 * chose is the user's. Returns what is wrong.
 */
export function prepareFolder(path: string, isOurs: boolean): string | undefined {
  if (Buffer.byteLength(path) > LONGEST_PATH) return `${path} is longer than ${LONGEST_PATH} bytes`;
  if (!isOurs) return undefined;
  const folder = join(path, "..");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    const isForeign = uid !== (process.getuid?.() ?? uid) || (mode & 0o022) !== 0;
    return isForeign ? `${folder} belongs to, or is writable by, somebody else` : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
