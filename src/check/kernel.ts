// What this kernel, and the sandbox around it, let a reload promise. Each is tried on sockets made
// for it.
import { readFileSync } from "node:fs";
import { messageOf } from "../errors/message-of.ts";
import { dropNewHandshakes, steer } from "../net/filters.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";
import { libc, SystemError } from "../os/libc.ts";
import { acceptAtOnce } from "../net/socket-options.ts";
import { listenSomewhere } from "../net/steering.ts";

/** The backlog that Bun asks the kernel for. */
const BUN_BACKLOG = 512;
/** Below this many files a worker runs out of connections early. */
const FEW_FILES = 4096;

/** Tries everything. Leaves nothing behind. */
export function kernelFindings(): Finding[] {
  return [...socketFindings(), migrateFinding(), backlogFinding(), filesFinding()];
}

function socketFindings(): Finding[] {
  let fd: number;
  try {
    fd = listenSomewhere();
  } catch (error) {
    const found = messageOf(error);
    const advice = "pounce needs the system calls of TCP sockets: allow them in the sandbox";
    return [fault("sockets", found, advice)];
  }
  try {
    const steering = attempt(
      "steering",
      () => steer(fd, [0]),
      "allow setsockopt(SO_ATTACH_REUSEPORT_CBPF): without it all workers accept from one " +
        "socket, and get less equal shares of the connections",
    );
    const filter = attempt(
      "socket filter",
      () => dropNewHandshakes(fd),
      "allow setsockopt(SO_ATTACH_FILTER): without it a stop may reset a few connections",
    );
    return [
      steering,
      steering.ok && !filter.ok ? instead(filter) : filter,
      attempt(
        "deferred accept off",
        () => acceptAtOnce(fd),
        "allow setsockopt(TCP_DEFER_ACCEPT): without it silent connections may be reset",
      ),
    ];
  } finally {
    libc().close(fd);
  }
}

/** Newer kernels let only CAP_NET_ADMIN attach a filter; steering works just as well. */
function instead({ name, found }: Finding): Finding {
  return fine(name, `${found}; a stop steers clients away instead`);
}

function attempt(name: string, action: () => void, advice: string): Finding {
  try {
    action();
    return fine(name, "allowed");
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return warning(name, `refused (${error.code})`, advice);
  }
}

function readNumber(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10);
  } catch {
    return undefined;
  }
}

/** Nothing that pounce promises depends on it. */
function migrateFinding(): Finding {
  const on = readNumber("/proc/sys/net/ipv4/tcp_migrate_req") === 1;
  const advice =
    "sysctl net.ipv4.tcp_migrate_req=1 would also save what is queued for a worker that crashes";
  const found = on ? "on" : "off; no reload needs it";
  return fine("tcp_migrate_req", found, on ? undefined : advice);
}

function backlogFinding(): Finding {
  const limit = readNumber("/proc/sys/net/core/somaxconn") ?? BUN_BACKLOG;
  const ok = limit >= BUN_BACKLOG;
  const advice = `raise net.core.somaxconn to ${BUN_BACKLOG} or more, for bursts of connections`;
  const found = `${Math.min(limit, BUN_BACKLOG)} connections a worker (somaxconn ${limit})`;
  return ok ? fine("backlog", found) : warning("backlog", found, advice);
}

function filesFinding(): Finding {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const text = /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? "unlimited";
  const ok = text === "unlimited" || Number(text) >= FEW_FILES;
  const remedy = "raise it (ulimit -n, LimitNOFILE)";
  const advice = `${remedy}: each connection takes one, ${FEW_FILES} is few`;
  return ok ? fine("open files", text) : warning("open files", text, advice);
}
