// A process's own TCP listeners: finding the one behind a Bun server, and releasing it without
// touching its connections.
import { boundSockets } from "./address.ts";
import { AF_UNIX, O_CLOEXEC, SOCK_STREAM } from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";
import { descriptors } from "../os/open-descriptors.ts";
import { isListening, isShared } from "./socket-options.ts";

/**
 * Takes the place of a listener that is released. Kept from the first bind on, when descriptors are
 * still to be had.
 */
let standIn: number | undefined;

/**
 * The listeners that this process has. Not all its descriptors: the number of one that is closed
 * meanwhile may be that of the next listener.
 */
export function listenersNow(): number[] {
  return descriptors().filter(isListening);
}

/**
 * The descriptor of the listener on `port` that is not among `known`: Bun does not tell it. Throws
 * when there is none.
 */
export function findListener(port: number, known: readonly number[]): number {
  keepStandIn();
  const found = boundSockets(descriptors()).find(
    (it) => it.port === port && !known.includes(it.fd) && isListening(it.fd),
  );
  if (found === undefined) throw new Error(`no listener on port ${port} in this process`);
  return found.fd;
}

/** The descriptor of the only listener that is not among `known`. Throws when there is none. */
export function findNewListener(known: readonly number[]): number {
  keepStandIn();
  const found = descriptors().find((fd) => !known.includes(fd) && isListening(fd));
  if (found === undefined) throw new Error("no new listener in this process");
  return found;
}

function keepStandIn(): void {
  standIn ??= checked("socket", libc().socket(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0));
}

/** A port that this process listens on. */
export interface OpenPort {
  readonly port: number;
  /** Another process can listen on it at the same time. */
  readonly isShared: boolean;
}

/** All ports that this process listens on. */
export function openPorts(): OpenPort[] {
  const listening = boundSockets(descriptors()).filter(({ fd }) => isListening(fd));
  return listening.map(({ fd, port }) => ({ port, isShared: isShared(fd) }));
}

/**
 * Replaces a listener's descriptor by an idle socket. So this process no longer holds the listener,
 * and Bun, which still knows the number, keeps serving its connections and can close it later.
 * `server.stop()` would close idle connections too. Needs no new descriptor. Throws `SystemError`.
 */
export function releaseListener(listener: number): void {
  if (standIn === undefined) throw new Error("the listener is none that was found here");
  checked("dup3", libc().dup3(standIn, listener, O_CLOEXEC));
}
