// Whom workers become, as `user` and `group` say. All who share an address must have one user, or
// the kernel does not let them: so it stays the same for the life of a server.
import { readFileSync } from "node:fs";
import type { Account, Config } from "../../config/config.ts";
import { suggest } from "../../config/sources/nearest.ts";
import { ownUser } from "../../os/own-user.ts";
import { type Identity, mayBecomeAnybody, mayBindLowPorts } from "../../os/privileges.ts";
import { findGroup, findUser, groupsOf, isNumber, namesIn, type User } from "../../os/users.ts";
import { here } from "../../platform.ts";

/** Whom workers become. */
export interface RunsAs {
  readonly identity: Identity;
  /** What tells a program who runs it: HOME, USER and LOGNAME. */
  readonly variables: Readonly<Record<string, string>>;
}

type Result =
  /** Undefined: workers stay as the master is. */
  | { readonly ok: true; readonly runsAs: RunsAs | undefined }
  | { readonly ok: false; readonly error: string };

type Wanted = Pick<Config, "user" | "group">;

/** @param ports that workers will listen on */
export function runsAsOf({ user, group }: Wanted, ports: readonly number[]): Result {
  const { place } = user ?? group ?? {};
  if (place === undefined) return { ok: true, runsAs: undefined };
  if (!here.hasLibc) return { ok: false, error: `${place}: only Linux lets workers change it` };
  const foundUser = user && lookUp(user, "user");
  const foundGroup = group && lookUp(group, "group");
  if (typeof foundUser === "string") return { ok: false, error: foundUser };
  if (typeof foundGroup === "string") return { ok: false, error: foundGroup };
  const uid = foundUser?.uid ?? ownUid();
  const gid = foundGroup?.gid ?? foundUser?.gid;
  if (gid === undefined) {
    const error = `${place}: user ${uid} has no entry among this system's users: set "group", too`;
    return { ok: false, error };
  }
  if (uid === ownUid() && gid === process.getegid?.()) return { ok: true, runsAs: undefined };
  if (!mayBecomeAnybody()) {
    const what = uid === ownUid() ? "group" : "user";
    return { ok: false, error: `${place}: ${notAllowed(what)}` };
  }
  const identity: Identity = {
    uid,
    gid,
    groups: groupsFor(foundUser, gid),
    name: foundUser?.name ?? (foundUser === undefined ? ownUser() : String(uid)),
    bindsLowPorts: ports.some(isLow) && mayBindLowPorts(),
  };
  return { ok: true, runsAs: { identity, variables: variablesOf(foundUser) } };
}

/**
 * Why workers cannot become that user now; undefined: they can.
 * @param serving the user of those that serve; undefined: none do
 */
export function changeProblem(
  runsAs: RunsAs | undefined,
  serving: number | undefined,
): string | undefined {
  const uid = uidOf(runsAs);
  if (serving === undefined || serving === uid) return undefined;
  return (
    `user: the workers of this server run as ${nameOf(serving)}, and cannot become ` +
    `${nameOf(uid)} at a reload: all that share a port must have one user. To change it, ` +
    "restart the server"
  );
}

/** The user that workers have. */
export function uidOf(runsAs: RunsAs | undefined): number {
  return runsAs?.identity.uid ?? ownUid();
}

interface Found extends Partial<User> {
  readonly uid: number;
}

function lookUp(account: Account, kind: "user"): Found | string;
function lookUp(account: Account, kind: "group"): { readonly gid: number } | string;
function lookUp({ name, place }: Account, kind: "user" | "group"): unknown {
  const found = kind === "user" ? findUser(name) : findGroup(name);
  if (found !== undefined) return found;
  const id = Number(name);
  if (isNumber(name)) return kind === "user" ? { uid: id } : { gid: id };
  const names = namesIn(kind === "user" ? "/etc/passwd" : "/etc/group");
  const hint = names.length === 0 ? "" : ` (${suggest(name, kind, names)})`;
  return `${place}: this system has no ${kind} ${JSON.stringify(name)}${hint}`;
}

function notAllowed(what: string): string {
  return (
    `to change the ${what} of its workers, pounce must be started as root, ` +
    `or with the capabilities SETUID and SETGID; it runs as ${ownUser()}. ` +
    "Under systemd, User= and Group= do it without pounce"
  );
}

function groupsFor(user: Found | undefined, gid: number): readonly number[] {
  // Only the group changes: the process keeps the others that it is in.
  if (user === undefined) return process.getgroups?.() ?? [];
  return user.name === undefined ? [gid] : groupsOf(user.name, gid);
}

/** A user without an entry has no home. Nothing may take root's for its own. */
function variablesOf(user: Found | undefined): Readonly<Record<string, string>> {
  if (user === undefined) return {};
  const { uid, name = String(uid), home = "/" } = user;
  return { HOME: home, USER: name, LOGNAME: name };
}

function ownUid(): number {
  return process.geteuid?.() ?? 0;
}

function nameOf(uid: number): string {
  return findUser(String(uid))?.name ?? String(uid);
}

const FIRST_FREE_PORT = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
const USUAL_FIRST_FREE_PORT = 1024;

function isLow(port: number): boolean {
  return port !== 0 && port < firstFreePort();
}

/** The first port that anybody may bind. */
function firstFreePort(): number {
  try {
    return Number(readFileSync(FIRST_FREE_PORT, "utf8"));
  } catch {
    return USUAL_FIRST_FREE_PORT;
  }
}
