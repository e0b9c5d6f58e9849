// Changes the user of a process for good, before it becomes another program.
//
// Only a process that goes on as another program (`execve`) has changed as a whole: its threads
// start anew, with what the one thread had that made the call. So nothing of the program runs as
// the old user, not even the loader with a variable such as LD_PRELOAD.
//
// Of root's capabilities at most one survives: to bind a port below 1024. It is handed over the
// change of the user (KEEPCAPS) and the change of the program (the ambient set). All others leave
// the bounding set as well, from which nothing comes back: a setuid program that the app starts
// gets its user, but no capability.
import { readdirSync, readFileSync } from "node:fs";
import { arch } from "../platform.ts";
import { checked, libc, openLibc } from "./libc.ts";

/** Whom a process becomes. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** All of its groups, `gid` perhaps among them. */
  readonly groups: readonly number[];
  /** The user's name, for people; or its number. */
  readonly name: string;
  /** Whether it may bind a port below 1024. */
  readonly bindsLowPorts: boolean;
}

const SYMBOLS = {
  syscall: { args: ["i64", "ptr", "ptr"], returns: "i64" },
  setgroups: { args: ["u64", "ptr"], returns: "i32" },
  setresgid: { args: ["u32", "u32", "u32"], returns: "i32" },
  setresuid: { args: ["u32", "u32", "u32"], returns: "i32" },
} as const;

const CAP_SETGID = 6;
const CAP_SETUID = 7;
const CAP_NET_BIND_SERVICE = 10;
/** No kernel has as many. */
const MOST_CAPABILITIES = 64;

const PR_SET_KEEPCAPS = 8;
const PR_CAPBSET_DROP = 24;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2n;

const SYS_CAPSET = arch === "arm64" ? 91n : 126n;
/** Version 3 of the header: sets of 64 bits. */
const CAPABILITY_VERSION = 0x20080522;

let opened: ReturnType<typeof openLibc<typeof SYMBOLS>> | undefined;

function library(): NonNullable<typeof opened> {
  opened ??= openLibc(SYMBOLS);
  return opened;
}

/** Becomes another user. The process must become another program after that. Throws. */
export function becomeUser({ uid, gid, groups, bindsLowPorts }: Identity): void {
  const { setgroups, setresgid, setresuid } = library();
  const { prctl } = libc();
  // The kernel reads an array without elements nowhere, but it must be one.
  const list = new Uint32Array(Math.max(groups.length, 1));
  list.set(groups);
  checked("setgroups", setgroups(BigInt(groups.length), list));
  checked("setresgid", setresgid(gid, gid, gid));
  const changes = process.geteuid?.() !== uid;
  if (changes && bindsLowPorts) {
    checked("prctl", prctl(PR_SET_KEEPCAPS, 1n, 0n, 0n, 0n));
    setCapabilities(capabilities().permitted, bit(CAP_NET_BIND_SERVICE));
  }
  if (changes) emptyBoundingSet();
  checked("setresuid", setresuid(uid, uid, uid));
  if (!changes || !bindsLowPorts) return;
  setCapabilities(bit(CAP_NET_BIND_SERVICE), bit(CAP_NET_BIND_SERVICE));
  const bind = BigInt(CAP_NET_BIND_SERVICE);
  checked("prctl", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bind, 0n, 0n));
}

/** Where this process may not, nobody below it may get those capabilities anyway. */
function emptyBoundingSet(): void {
  for (let capability = 0n; capability < MOST_CAPABILITIES; capability++) {
    if (libc().prctl(PR_CAPBSET_DROP, capability, 0n, 0n, 0n) < 0) return;
  }
}

/** Whether this process may become any user, with any groups. */
export function mayBecomeAnybody(): boolean {
  const needed = bit(CAP_SETUID) | bit(CAP_SETGID);
  return (capabilities().effective & needed) === needed;
}

/** Whether this process may bind ports below 1024 because it has the capability to. */
export function mayBindLowPorts(): boolean {
  return (capabilities().effective & bit(CAP_NET_BIND_SERVICE)) !== 0n;
}

/**
 * The program that has been started by a process that has changed its user: what it starts itself
 * inherits nothing of the capability that it has. Throws if any of its threads is not as it should
 * be.
 */
export function settleAs(identity: Identity): void {
  const kept = identity.bindsLowPorts ? bit(CAP_NET_BIND_SERVICE) : 0n;
  // The ambient set follows: it holds only what can be inherited.
  if (identity.uid !== 0 && kept !== 0n) setCapabilities(kept, 0n);
  for (const thread of readdirSync("/proc/self/task")) {
    const wrong = wrongIn(`/proc/self/task/${thread}/status`, identity, kept);
    if (wrong !== undefined) throw new Error(`a thread has not become ${identity.name}: ${wrong}`);
  }
}

/** What of a thread is not as it should be; undefined: nothing, or it has ended. */
function wrongIn(path: string, { uid, gid, groups }: Identity, kept: bigint): string | undefined {
  let status: string;
  try {
    status = readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
  const found = {
    uid: [...new Set(numbersIn(status, "Uid"))],
    gid: [...new Set(numbersIn(status, "Gid"))],
    groups: numbersIn(status, "Groups").toSorted((a, b) => a - b),
  };
  const wanted = { uid: [uid], gid: [gid], groups: groups.toSorted((a, b) => a - b) };
  if (!Bun.deepEquals(found, wanted)) return JSON.stringify(found);
  const permitted = setIn(status, "CapPrm");
  const isMore = uid !== 0 && (permitted & ~kept) !== 0n;
  return isMore ? `it has the capabilities ${permitted.toString(16)}` : undefined;
}

interface Capabilities {
  readonly permitted: bigint;
  readonly effective: bigint;
}

function capabilities(): Capabilities {
  const status = readFileSync("/proc/thread-self/status", "latin1");
  return { permitted: setIn(status, "CapPrm"), effective: setIn(status, "CapEff") };
}

function numbersIn(status: string, name: string): number[] {
  const [, line = ""] = new RegExp(`^${name}:(.*)$`, "m").exec(status) ?? [];
  return line.split(/\s+/).filter(Boolean).map(Number);
}

function setIn(status: string, name: string): bigint {
  const [, hex = "0"] = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status) ?? [];
  return BigInt(`0x${hex}`);
}

/** Of this thread. */
function setCapabilities(permitted: bigint, inheritable: bigint): void {
  const header = new Uint32Array([CAPABILITY_VERSION, 0]);
  const [low, high] = [0xffffffffn, 32n];
  const sets = new Uint32Array(
    [
      permitted & low,
      permitted & low,
      inheritable & low,
      permitted >> high,
      permitted >> high,
      inheritable >> high,
    ].map(Number),
  );
  checked("capset", library().syscall(SYS_CAPSET, header, sets));
}

function bit(capability: number): bigint {
  return 1n << BigInt(capability);
}
