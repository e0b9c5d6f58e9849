// The listening socket of a server at a path of the file system, or at an abstract name.
//
// It is bound to a hidden name beside its path, and gets its permissions there. Then the path
// becomes another name (a hard link) of the same file, in one step: so the path never leads
// nowhere, and nobody can connect before the permissions are right. The hidden name stays as long
// as the socket: it proves which file is ours, and when somebody removes the path, it is made again
// from the hidden name.
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  AF_UNIX,
  O_PATH,
  SO_PEERCRED,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../os/constants.ts";
import { checked, errno, errorName, libc, SystemError } from "../os/libc.ts";
import { statsAt } from "../os/replace-file.ts";
import { encodeUnix, isAbstract, localPath, peerPath } from "./unix-address.ts";

/** As Bun has it. The kernel takes net.core.somaxconn if that is less. */
const BACKLOG = 4096;
const HIDDEN = /^\.pounce-[0-9a-f]{6}$/;

/**
 * A socket that listens at a hidden name beside `path`, or at an abstract name: there everybody
 * finds it. Throws `SystemError`.
 * @param mode the permissions of its file
 * @param gid its group; left out: this process's
 */
export function listenHidden(path: string, mode: number, gid?: number): number {
  const fd = checked("socket", libc().socket(AF_UNIX, STREAM, 0));
  const name = isAbstract(path) ? path : join(dirname(path), `.pounce-${hex()}`);
  let isBound = false;
  try {
    const address = encodeUnix(name);
    checked("bind", libc().bind(fd, address, address.length));
    isBound = !isAbstract(path);
    if (isBound) setAccess(name, mode, gid);
    checked("listen", libc().listen(fd, BACKLOG));
    return fd;
  } catch (error) {
    libc().close(fd);
    if (isBound) rmSync(name, { force: true });
    throw error;
  }
}

const STREAM = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

function hex(): string {
  return crypto.randomUUID().slice(0, 6);
}

/**
 * Lets `path` lead to the socket, in place of what is there: see `obstacleAt`. Throws what the
 * system says, or that the hidden name is gone: then nobody could connect.
 */
export function publish(listener: number, path: string): void {
  if (isAbstract(path)) return;
  const hidden = hiddenName(listener);
  if (hidden === undefined) throw new SystemError("link", "ENOENT");
  const next = join(dirname(path), `.pounce-${hex()}`);
  linkSync(hidden, next);
  renameSync(next, path);
  // Two names of one file: then a rename does nothing.
  rmSync(next, { force: true });
}

/** Removes the path, if it still leads to this socket, and the hidden name. */
export function withdraw(listener: number, path: string): void {
  const hidden = hiddenName(listener);
  if (hidden === undefined) return;
  if (leadsTo(path, hidden)) rmSync(path, { force: true });
  rmSync(hidden, { force: true });
}

/**
 * From now on its file has these permissions. Throws what the system says.
 * @param mode as for `listenHidden`
 * @param gid its group; left out: the one that a new file gets there
 */
export function permit(listener: number, mode: number, gid?: number): void {
  const hidden = hiddenName(listener);
  if (hidden !== undefined) setAccess(hidden, mode, gid ?? groupIn(dirname(hidden)));
}

/**
 * Sets group and permissions of a socket's file. Its folder may be another user's, who could put a
 * link to a file of root's in its place at any moment: so what is changed is what was looked at.
 */
function setAccess(name: string, mode: number, gid: number | undefined): void {
  const file = openSync(name, O_PATH | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(file);
    if (!stats.isSocket()) throw new SystemError("chmod", "EEXIST");
    const itself = `/proc/self/fd/${file}`;
    if (gid !== undefined && stats.gid !== gid) chownSync(itself, stats.uid, gid);
    if ((stats.mode & 0o777) !== mode) chmodSync(itself, mode);
  } finally {
    closeSync(file);
  }
}

const SETGID = 0o2000;

/** The group that a new file gets in a folder, which may be a link. Throws if there is none. */
export function groupIn(folder: string): number | undefined {
  const stats = statSync(folder);
  return (stats.mode & SETGID) === 0 ? process.getegid?.() : stats.gid;
}

/**
 * Makes the path again if it is gone, or leads to a socket at which nobody listens any more, such
 * as that of a successor that was killed. What else somebody has put there is left alone.
 */
export function restore(listener: number, path: string): void {
  const hidden = hiddenName(listener);
  if (hidden === undefined || leadsTo(path, hidden)) return;
  try {
    if (statsAt(path) === undefined) linkSync(hidden, path);
    else if (occupantOf(path).is === "nobody") publish(listener, path);
  } catch {
    // The folder is gone, somebody was faster, or it may not be looked at.
  }
}

/** Undefined for an abstract name, and once it is gone, or something else has its place. */
function hiddenName(listener: number): string | undefined {
  const name = localPath(listener) ?? "";
  if (name === "" || isAbstract(name)) return undefined;
  return statsAt(name)?.isSocket() === true ? name : undefined;
}

function leadsTo(path: string, hidden: string): boolean {
  const [one, other] = [statsAt(path), statsAt(hidden)];
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** What is at a path, or at an abstract name. */
export type Occupant =
  | { readonly is: "nobody" }
  /** A file that is no socket, or a link that leads to none at which somebody listens. */
  | { readonly is: "file" }
  /**
   * A socket at which somebody listens. `pid`: who has made it. `name`: what it was bound to, as
   * its path may be a link. Undefined: that is not known.
   */
  | {
      readonly is: "server";
      readonly pid: number | undefined;
      readonly name: string | undefined;
    };

const LEADS_NOWHERE: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOENT", "ENOTDIR", "ELOOP"]);

/** Looks, and connects if there is a socket. Throws `SystemError` where that is forbidden. */
export function occupantOf(path: string): Occupant {
  let isLink = false;
  if (!isAbstract(path)) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { is: "nobody" };
    isLink = stats.isSymbolicLink();
    if (!stats.isSocket() && !isLink) return { is: "file" };
  }
  const fd = checked("socket", libc().socket(AF_UNIX, STREAM, 0));
  try {
    const address = encodeUnix(path);
    if (libc().connect(fd, address, address.length) >= 0) return serverAt(fd);
    const error = errorName(errno());
    // A link may lead to somebody's socket. What else it leads to is not ours to cut off.
    if (isLink && LEADS_NOWHERE.has(error)) return { is: "file" };
    if (error === "ECONNREFUSED" || error === "ENOENT") return { is: "nobody" };
    // Its queue is full, or it is a socket of another kind (for datagrams).
    if (error === "EAGAIN" || error === "EPROTOTYPE") {
      return { is: "server", pid: undefined, name: undefined };
    }
    throw new SystemError("connect", error);
  } finally {
    libc().close(fd);
  }
}

function serverAt(connection: number): Occupant {
  const credentials = new Int32Array(3);
  const size = new Uint32Array([12]);
  const level = SOL_SOCKET;
  const isKnown = libc().getsockopt(connection, level, SO_PEERCRED, credentials, size) === 0;
  const [pid = 0] = credentials;
  return { is: "server", pid: isKnown && pid > 0 ? pid : undefined, name: peerPath(connection) };
}

/**
 * Removes hidden names in the folder of `path` whose sockets are gone: servers were killed. One at
 * which nobody listens yet may be another server's that is just starting.
 */
export function removeLeftovers(path: string): void {
  if (isAbstract(path)) return;
  const folder = dirname(path);
  try {
    for (const name of readdirSync(folder).filter((it) => HIDDEN.test(it))) {
      const hidden = join(folder, name);
      if (occupantOf(hidden).is === "nobody" && !hasSocket(name)) rmSync(hidden, { force: true });
    }
  } catch {
    // They harm nobody.
  }
}

/**
 * Whether a socket has this hidden name, and may be about to listen. Its folder does not count: it
 * may have been called otherwise, `/run` or `/var/run`.
 */
function hasSocket(name: string): boolean {
  return readFileSync("/proc/net/unix", "utf8").includes(`/${name}\n`);
}

/** Whether a socket could be made at a path: its error's name; `undefined`: yes. */
export function probePath(path: string): string | undefined {
  if (isAbstract(path)) return undefined;
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    return typeof code === "string" ? code : String(error);
  }
}
