// A process's own TCP sockets: finding the listener behind a Bun server,
// and letting go of a listener without touching the connections.
import { readdirSync, statSync } from "node:fs";
import { checked, libc } from "./libc.ts";
import { localPort } from "./address.ts";
import { isListening, isShared } from "./socket-options.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const O_CLOEXEC = 0o2000000;

/** The descriptors that this process has open: 1 ms for 1,000 of them. */
export function descriptors(): number[] {
  return readdirSync("/proc/self/fd").map(Number);
}

/** How many descriptors this process has open; `undefined` where the kernel, before Linux 6.2, does not tell. */
export function openDescriptors(): number | undefined {
  const size = statSync("/proc/self/fd", { throwIfNoEntry: false })?.size;
  return size === 0 ? undefined : size;
}

/**
 * The descriptor of the listener on `port` that is not among `known`. Bun has no interface for it.
 * Throws when there is none.
 */
export function findListener(port: number, known: readonly number[]): number {
  const found = descriptors().find(
    (fd) => !known.includes(fd) && localPort(fd) === port && isListening(fd),
  );
  if (found === undefined) throw new Error(`no listener on port ${port} in this process`);
  return found;
}

/** A port that this process listens on. */
export interface OpenPort {
  readonly port: number;
  /** Another process can listen on it at the same time. */
  readonly isShared: boolean;
}

/** All ports that this process listens on. */
export function openPorts(): OpenPort[] {
  return descriptors().flatMap((fd) => {
    const port = localPort(fd);
    return port !== undefined && isListening(fd) ? [{ port, isShared: isShared(fd) }] : [];
  });
}

/**
 * Puts an idle socket in the place of a listener's descriptor, so that this process no longer holds
 * the listener, while Bun, which still knows the number, goes on serving its connections and can close
 * it later. `server.stop()` would close idle connections too. Throws `SystemError`.
 */
export function releaseListener(listener: number): void {
  const idle = checked("socket", libc().socket(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0));
  checked("dup3", libc().dup3(idle, listener, O_CLOEXEC));
  libc().close(idle);
}
