// The folders of control sockets: where a server puts its own, and where commands look. Some are in
// /tmp, where anybody may put anything, so a folder or a socket is trusted by its owner.
import { lstatSync, mkdirSync, readdirSync, type Stats, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { messageOf } from "../errors/message-of.ts";
import { here } from "../platform.ts";

const WRITABLE_BY_OTHERS = 0o022;

function ownId(): number {
  return process.getuid?.() ?? 0;
}

/** The folder for this user's sockets: a runtime folder that ends with the session or the boot. */
export function runtimeFolder(): string {
  return named() ?? (userFolders(ownId())[0] as string);
}

/** The folders in which commands look for servers. For root: those of all users. */
export function searchedFolders(): string[] {
  const only = systemdFolder();
  if (only !== undefined) return [only];
  const uid = ownId();
  const session = join("/run/user", String(uid), "pounce");
  const own = [named() ?? [], userFolders(uid), session, "/run/pounce"].flat();
  return [...new Set(uid === 0 ? [...own, ...foldersOfAll()] : own)];
}

/**
 * The folder that systemd made for this service. If a supervisor named one, only that counts; of
 * several, which may also be for the app's own socket, the one in which commands look.
 */
function systemdFolder(): string | undefined {
  const folders = (process.env["RUNTIME_DIRECTORY"] ?? "").split(":");
  const chosen = folders.find((folder) => basename(folder) === "pounce") ?? folders[0];
  return chosen === "" ? undefined : chosen;
}

function named(): string | undefined {
  const { XDG_RUNTIME_DIR } = process.env;
  if (XDG_RUNTIME_DIR === undefined || XDG_RUNTIME_DIR === "") return systemdFolder();
  return systemdFolder() ?? join(XDG_RUNTIME_DIR, "pounce");
}

/** Where a user's sockets are without a session. macOS and a bare shell agree on the second one. */
function userFolders(uid: number): string[] {
  if (uid === 0) return [join(here.runFolder, "pounce")];
  const folders = here.hasShortTmpdir ? [tmpdir(), "/tmp"] : ["/tmp"];
  return folders.map((folder) => join(folder, `pounce-${uid}`));
}

/**
 * The folders of other users, each only if it is its user's own: in /tmp anybody can make a folder
 * with another user's number.
 */
function foldersOfAll(): string[] {
  const sessions = namesIn("/run/user").map((name) => join("/run/user", name, "pounce"));
  const bare = namesIn("/tmp").filter((name) => /^pounce-\d+$/.test(name));
  const folders = [...sessions, ...bare.map((name) => join("/tmp", name))];
  return folders.filter((folder) => {
    const owner = Number(/\d+/.exec(folder)?.[0]);
    return statsOf(folder, lstatSync)?.uid === owner;
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The sockets in a folder, and links to sockets elsewhere. None if the folder is not trusted. */
export function socketsIn(folder: string): string[] {
  if (folderProblem(folder) !== undefined) return [];
  const owner = statsOf(folder, statSync)?.uid;
  const names = namesIn(folder).filter((name) => name.endsWith(".sock"));
  const paths = names.map((name) => join(folder, name));
  return paths.filter((path) => statsOf(path, lstatSync)?.uid === owner);
}

/** Makes the folder for our own sockets. Returns what is wrong with it. */
export function prepareRuntimeFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    return messageOf(error);
  }
  return folderProblem(folder);
}

/**
 * Why the sockets in a folder cannot be trusted; undefined if they can: the folder belongs to this
 * user (root trusts each user with that user's own), and nobody else can put anything into it.
 * Others may be able to replace the folder (a container's /tmp often has no sticky bit), but they
 * cannot make the new one ours.
 */
export function folderProblem(folder: string): string | undefined {
  const link = statsOf(folder, lstatSync);
  const stats = statsOf(folder, statSync);
  if (link === undefined || stats === undefined) return `${folder} does not exist`;
  if (!stats.isDirectory()) return `${folder} is not a folder`;
  for (const { uid } of [link, stats]) {
    if (!isTrusted(uid)) return `${folder} belongs to another user (${uid})`;
  }
  return (stats.mode & WRITABLE_BY_OTHERS) === 0
    ? undefined
    : `${folder} is writable by other users`;
}

/** Why we must not speak to a socket; undefined if we may, or if it does not exist. */
export function ownerProblem(path: string): string | undefined {
  const uid = statsOf(path, statSync)?.uid;
  return uid === undefined || isTrusted(uid) ? undefined : `it belongs to user ${uid}`;
}

/** Whether it is this user's own, or root's. Root speaks to everybody's. */
function isTrusted(uid: number): boolean {
  return uid === ownId() || uid === 0 || ownId() === 0;
}

function statsOf(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path);
  } catch {
    return undefined;
  }
}
