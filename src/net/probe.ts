// Whether an address can be listened on, and who holds it when it cannot.
import { fstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type TcpAddress, encodeAddress, familyOf } from "./address.ts";
import { SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR } from "../os/constants.ts";
import { errno, errorName, libc } from "../os/libc.ts";
import { codeOf } from "../os/shortage.ts";
import { setOption } from "./socket-options.ts";

const LISTEN = "0A";

/** A process that listens on an address. */
export interface Holder {
  readonly pid: number;
  /** Its command line, arguments separated by spaces. */
  readonly command: string;
  /** Whether its parent process is gone (or is not the one that started it). */
  readonly parent: number;
}

/**
 * Tries to bind `address` without SO_REUSEPORT: with it, a second server of the same user would
 * silently join the first one's listeners. `undefined` when it is free, else the error's name.
 */
export function probeAddress(address: TcpAddress): string | undefined {
  const fd = libc().socket(familyOf(address.host), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errorName(errno());
  try {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    const name = encodeAddress(address);
    return libc().bind(fd, name, name.length) < 0 ? errorName(errno()) : undefined;
  } finally {
    libc().close(fd);
  }
}

/** The rows of the kernel's socket tables whose own port is `port`, on any address, as fields. */
function socketsOn(port: number): string[][] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((table) => readText(table).split("\n").slice(1))
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true);
}

/** The inodes of sockets that listen on `port`, on any address. */
function listenersOn(port: number): Set<string> {
  const listening = socketsOn(port).filter((fields) => fields[3] === LISTEN);
  return new Set(listening.flatMap((fields) => fields[9] ?? []));
}

/** Whether a connection has `port`, and nobody listens on it. */
export function isPortOfConnection(port: number): boolean {
  const states = socketsOn(port).map((fields) => fields[3]);
  return states.length > 0 && !states.includes(LISTEN);
}

/** The processes that listen on `port`, as far as this user may see them. */
export function holdersOf(port: number): Holder[] {
  return holdersOfSockets(listenersOn(port));
}

/** The same for a Unix socket, by the path that it was bound to, or its abstract name. */
export function holdersOfPath(path: string): Holder[] {
  // Num RefCount Protocol Flags Type St Inode Path: the flag says that it listens.
  const rows = readText("/proc/net/unix").split("\n").slice(1);
  const row = /^\S+: \S+ \S+ 00010000 \S+ \S+\s+(\d+) (.*)$/;
  const inodes = rows.flatMap((it) => {
    const [, inode, name] = row.exec(it) ?? [];
    return inode !== undefined && name === path ? [inode] : [];
  });
  return holdersOfSockets(new Set(inodes));
}

/** The processes that have a socket of this process, this one included. */
export function holdersOfSocket(fd: number): Holder[] {
  return holdersOfSockets(new Set([String(fstatSync(fd).ino)]));
}

/** The processes whose descriptors this user may not see, such as those of root. */
export function processesOutOfSight(): Holder[] {
  return processes((descriptors) => descriptors === "unseen");
}

function holdersOfSockets(inodes: ReadonlySet<string>): Holder[] {
  const links = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  if (links.size === 0) return [];
  return processes((found, folder) => {
    return found !== "unseen" && found.some((fd) => links.has(linkOf(`${folder}/${fd}`)));
  });
}

/** @param isWanted gets the descriptors of a process, and the folder that they are in */
function processes(
  isWanted: (descriptors: readonly string[] | "unseen", folder: string) => boolean,
): Holder[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => isWanted(descriptorsOf(pid), `/proc/${pid}/fd`))
    .map((name) => ({ pid: Number(name), command: commandOf(name), parent: parentOf(name) }))
    .filter(({ command }) => command !== ""); // A process that is just ending has no name any more.
}

function descriptorsOf(pid: string): readonly string[] | "unseen" {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    return codeOf(error) === "EACCES" ? "unseen" : []; // It has just ended.
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The command line of a process, arguments separated by spaces; empty: it is not there. */
export function commandOf(pid: number | string): string {
  return readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

function parentOf(pid: string): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);
}
