// The folders in which control sockets are: where a server puts its own, and where commands look.
// Some are in /tmp, where anybody may have put anything: a folder or a socket is believed by its
// owner.
import { lstatSync, mkdirSync, readdirSync, type Stats, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../errors/message-of.ts";
import { here } from "../platform.ts";

const WRITABLE_BY_OTHERS = 0o022;

function ownId(): number {
  return process.getuid?.() ?? 0;
}

/** The folder for sockets of this user: a runtime folder that ends with the session or the boot. */
export function runtimeFolder(): string {
  return named() ?? (userFolders(ownId())[0] as string);
}

/** The folders in which commands look for servers. Root's are those of all users. */
export function searchedFolders(): string[] {
  const only = systemdFolder();
  if (only !== undefined) return [only];
  const uid = ownId();
  const session = join("/run/user", String(uid), "pounce");
  const own = [named() ?? [], userFolders(uid), session, "/run/pounce"].flat();
  return [...new Set(uid === 0 ? [...own, ...foldersOfAll()] : own)];
}

/** What systemd made for this service; what a supervisor named decides alone. */
function systemdFolder(): string | undefined {
  const [first] = (process.env["RUNTIME_DIRECTORY"] ?? "").split(":");
  return first === "" ? undefined : first;
}

function named(): string | undefined {
  const { XDG_RUNTIME_DIR } = process.env;
  if (XDG_RUNTIME_DIR === undefined || XDG_RUNTIME_DIR === "") return systemdFolder();
  return systemdFolder() ?? join(XDG_RUNTIME_DIR, "pounce");
}

/**
 * Where sockets of a user are without a session. The second is where macOS and a bare shell agree.
 */
function userFolders(uid: number): string[] {
  if (uid === 0) return [join(here.runFolder, "pounce")];
  const folders = here.hasShortTmpdir ? [tmpdir(), "/tmp"] : ["/tmp"];
  return folders.map((folder) => join(folder, `pounce-${uid}`));
}

/** Those of other users, each its own: in /tmp anybody can make a folder with another's number. */
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

/**
 * The sockets of a folder, and links to some that are elsewhere. None of a folder that is not
 * trusted.
 */
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
 * Why sockets in a folder are not to be believed; undefined when they are: it is this user's (root
 * trusts each user in what is that user's own), and nobody else can put anything into it. Whoever
 * may put another folder in its place (a container's /tmp has often no sticky bit) cannot make that
 * ours.
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

/** Why a socket is not to be spoken to; undefined when it may be, or is not there. */
export function ownerProblem(path: string): string | undefined {
  const uid = statsOf(path, statSync)?.uid;
  return uid === undefined || isTrusted(uid) ? undefined : `it belongs to user ${uid}`;
}

/** This user's own, or root's. Root speaks to everybody's. */
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
