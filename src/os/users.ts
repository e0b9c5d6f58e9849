// Users and groups of this system, as the C library finds them: in /etc/passwd and /etc/group, or
// wherever else its name service looks (LDAP, systemd).
import { CString, type Pointer, read } from "bun:ffi";
import { readFileSync } from "node:fs";
import { openLibc } from "./libc.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  /** Its own group. */
  readonly gid: number;
  readonly home: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
}

const SYMBOLS = {
  getgrgid: { args: ["u32"], returns: "ptr" },
  getgrnam: { args: ["ptr"], returns: "ptr" },
  getgrouplist: { args: ["ptr", "u32", "ptr", "ptr"], returns: "i32" },
  getpwnam: { args: ["ptr"], returns: "ptr" },
  getpwuid: { args: ["u32"], returns: "ptr" },
} as const;

// In a `struct passwd` and a `struct group`, of glibc as of musl.
const NAME = 0;
const UID = 16;
const GID = 20;
const HOME = 32;
const GID_OF_GROUP = 16;

/** The kernel takes more (NGROUPS_MAX), but no user is in so many. */
const MOST_GROUPS = 65_536;

/** One that the C library has filled in, until the next call. */
type Structure = bigint | Pointer;

let opened: ReturnType<typeof openLibc<typeof SYMBOLS>> | undefined;

function library(): NonNullable<typeof opened> {
  opened ??= openLibc(SYMBOLS);
  return opened;
}

/** @param user a name, or a number */
export function findUser(user: string): User | undefined {
  const { getpwnam, getpwuid } = library();
  const found = isNumber(user) ? getpwuid(Number(user)) : getpwnam(text(user));
  if (found === null) return undefined;
  return {
    name: textAt(found, NAME),
    uid: numberAt(found, UID),
    gid: numberAt(found, GID),
    home: textAt(found, HOME),
  };
}

/** @param group a name, or a number */
export function findGroup(group: string): Group | undefined {
  const { getgrnam, getgrgid } = library();
  const found = isNumber(group) ? getgrgid(Number(group)) : getgrnam(text(group));
  if (found === null) return undefined;
  return { name: textAt(found, NAME), gid: numberAt(found, GID_OF_GROUP) };
}

/** All groups that a user is in, and `gid`. */
export function groupsOf(user: string, gid: number): number[] {
  const count = new Int32Array([MOST_GROUPS]);
  const groups = new Uint32Array(MOST_GROUPS);
  library().getgrouplist(text(user), gid, groups, count);
  return [...groups.subarray(0, count[0])];
}

/** A user or a group that is given as a number. */
export function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/** The names in a database of this system, as far as it is a file: to find a similar one. */
export function namesIn(database: "/etc/passwd" | "/etc/group"): string[] {
  try {
    const lines = readFileSync(database, "utf8").split("\n");
    return lines.flatMap((line) => /^([^:#+-][^:]*):/.exec(line)?.[1] ?? []);
  } catch {
    return [];
  }
}

function textAt(structure: Structure, offset: number): string {
  return new CString(read.ptr(structure as Pointer, offset) as Pointer).toString();
}

function numberAt(structure: Structure, offset: number): number {
  return read.u32(structure as Pointer, offset);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}
