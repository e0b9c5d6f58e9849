// The listening sockets that a service manager has passed, as sd_listen_fds(3) describes: systemd
// has made them, and has them for longer than this server lives. So whoever connects while the
// server restarts waits for the next one.
import { F_DUPFD_CLOEXEC, F_SETFD, FD_CLOEXEC } from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";
import { type Address, formatAddress, localAddress, shortHost } from "./address.ts";
import { isListening } from "./socket-options.ts";
import { localPath } from "./unix-address.ts";

/** The first that is passed. */
const FIRST = 3;

type Environment = Readonly<Record<string, string | undefined>>;

/** By the names of their addresses. */
const sockets = new Map<string, number>();
let problem: string | undefined = "LISTEN_FDS is not set";

/**
 * Takes what has been passed to this process, before it starts others: those must not get it. Does
 * nothing where nothing was passed.
 */
export function takeInherited(env: Environment = process.env): void {
  const { LISTEN_FDS: count, LISTEN_PID: pid } = env;
  if (count === undefined) return;
  problem = undefined;
  if (pid === undefined) {
    problem = "LISTEN_PID is not set";
  } else if (pid !== String(process.pid)) {
    problem = `the sockets are for process ${pid} (LISTEN_PID), and this is ${process.pid}`;
  } else if (!/^[1-9]\d{0,3}$/.test(count)) {
    problem = `LISTEN_FDS is ${JSON.stringify(count)}`;
  } else {
    for (let fd = FIRST; fd < FIRST + Number(count); fd++) take(fd);
  }
}

function take(fd: number): void {
  libc().fcntl(fd, F_SETFD, FD_CLOEXEC);
  const address = addressOf(fd);
  if (address !== undefined) sockets.set(formatAddress(address), fd);
  else problem ??= `descriptor ${fd} is no socket that listens: ListenStream= with Accept=no`;
}

function addressOf(fd: number): Address | undefined {
  if (!isListening(fd)) return undefined;
  const path = localPath(fd);
  if (path !== undefined) return { path };
  const address = localAddress(fd);
  return address && { ...address, host: shortHost(address.host) };
}

/** A predecessor has passed on one of its own. */
export function keepInherited(address: string, descriptor: number): void {
  if (!sockets.has(address)) sockets.set(address, duplicate(descriptor));
}

/** The names of their addresses; or why there are none, as text. */
export function inheritedAddresses(): readonly string[] | string {
  return problem === undefined || sockets.size > 0 ? [...sockets.keys()] : problem;
}

/**
 * What was passed and will not be served, as a sentence: its clients would wait for ever.
 * `undefined`: nothing.
 * @param isAsked the configuration wants to listen on what is passed
 */
export function unservedSockets(isAsked: boolean): string | undefined {
  if (sockets.size === 0) return undefined;
  const names = [...sockets.keys()].join(", ");
  if (isAsked) return problem && `socket_activation: not all that was passed is served: ${problem}`;
  const why = "listening socket(s) were passed (LISTEN_FDS), which nobody serves";
  return `${sockets.size} ${why}: set socket_activation = true (${names})`;
}

/** A duplicate of the one at an address; `undefined`: there is none. */
export function inheritedSocket(address: string): number | undefined {
  const socket = sockets.get(address);
  return socket === undefined ? undefined : duplicate(socket);
}

function duplicate(descriptor: number): number {
  return checked("fcntl", libc().fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}
