// Keeps new connections away from all listeners of a group, where only root may drop them with a
// socket filter (newer kernels demand CAP_NET_ADMIN for that).
//
// Listeners of our own join the group. Their accept queues are full of our own connections, and
// when a handshake comes to a full queue, the kernel drops it and the client repeats it a second
// later. Then all new connections are steered to one of these listeners. There are as many of them
// as there are listeners in the group. When a listener closes, the kernel moves the last one of the
// group's array to its index, so the index that is steered to has a full queue until the last
// listener has gone, in whatever order they close.
import { type TcpAddress, encodeAddress, familyOf, localPort } from "./address.ts";
import { steer, steerClient } from "./filters.ts";
import {
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEPORT,
} from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";
import { giveSocket, ownerOf, setOption } from "./socket-options.ts";
import { acceptQueueLength } from "./tcp-info.ts";

/**
 * The kernel takes one more than this. With 0 it would take the first connection for an attack, and
 * log that.
 */
const BACKLOG = 1;
const FILL = BACKLOG + 1;
/** A handshake with ourselves takes microseconds, unless the kernel puts it off. */
const HANDSHAKE_MS = 20;

/**
 * Ends the diversion. Safe only once the group has no listeners left: before, it resets clients.
 */
export type EndDiversion = () => void;

/**
 * Diverts every new connection from a group of `size` listeners, one of which is `member`. If the
 * group's array is not as expected, returns `undefined` and leaves new connections to the first
 * `size` listeners. Throws `SystemError`.
 */
export function divert(
  member: number,
  address: TcpAddress,
  size: number,
): EndDiversion | undefined {
  const opened: number[] = [];
  const end = (): void => {
    for (const fd of opened.splice(0).toReversed()) libc().close(fd);
  };
  const giveUp = (): undefined => {
    end();
    // Only to the listeners that are known: another one that has joined is not ours.
    steer(member, all);
  };
  const all = Array.from({ length: size }, (_, index) => index);
  try {
    // Before the first of them joins: without a program it would get its share at once.
    steer(member, all);
    for (let index = size; index < 2 * size; index += 1) {
      const full = listen(member, address);
      opened.push(full);
      if (!fill(full, address, index, all, opened)) return giveUp();
    }
    steer(member, [size]);
    return end;
  } catch (error) {
    giveUp();
    throw error;
  }
}

function open({ host }: TcpAddress): number {
  const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return checked("socket", libc().socket(familyOf(host), type, 0));
}

function bind(fd: number, address: TcpAddress): void {
  const name = encodeAddress(address);
  checked("bind", libc().bind(fd, name, name.length));
}

/** Makes a listener that joins the group of `member`. */
function listen(member: number, address: TcpAddress): number {
  const fd = open(address);
  try {
    giveSocket(fd, ownerOf(member));
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (address.host.includes(":")) copyOption(member, fd, IPPROTO_IPV6, IPV6_V6ONLY);
    bind(fd, address);
    checked("listen", libc().listen(fd, BACKLOG));
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

function copyOption(from: number, to: number, level: number, option: number): void {
  const value = new Int32Array(1);
  const length = new Uint32Array([4]);
  checked("getsockopt", libc().getsockopt(from, level, option, value, length));
  setOption(to, level, option, value[0] ?? 0);
}

/** Fills the queue of the listener at `index`; false if the connections did not arrive there. */
function fill(
  listener: number,
  address: TcpAddress,
  index: number,
  others: readonly number[],
  opened: number[],
): boolean {
  const isV6 = address.host.includes(":");
  const wildcard = isV6 ? "::1" : "127.0.0.1";
  const host = /^(0\.0\.0\.0|::)$/.test(address.host) ? wildcard : address.host;
  for (let count = 1; count <= FILL; count += 1) {
    const client = open(address);
    opened.push(client);
    bind(client, { host, port: 0 });
    const own = { host, port: localPort(client) ?? 0 };
    steerClient(listener, { client: own, index }, others);
    const name = encodeAddress({ ...address, host });
    // It does not wait, so it fails with EINPROGRESS: what counts is where the connection arrives.
    libc().connect(client, name, name.length);
    const deadline = performance.now() + HANDSHAKE_MS;
    while (acceptQueueLength(listener) < count) if (performance.now() > deadline) return false;
  }
  return true;
}
