// Socket options by number: reading and setting them. The numbers are Linux's, the same on x64 and
// arm64.
import { fchownSync, fstatSync } from "node:fs";
import {
  FIONREAD,
  IPPROTO_TCP,
  POLLIN,
  POLLRDHUP,
  SHUT_RD,
  SIOCOUTQ,
  SOL_SOCKET,
  SO_ACCEPTCONN,
  SO_COOKIE,
  SO_KEEPALIVE,
  SO_REUSEPORT,
  TCP_DEFER_ACCEPT,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
} from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";

/** Sets an option that is an int. Throws `SystemError`. */
export function setOption(fd: number, level: number, option: number, value: number): void {
  const bytes = new Int32Array([value]);
  checked("setsockopt", libc().setsockopt(fd, level, option, bytes, 4));
}

/**
 * Makes the kernel probe clients that have been silent for a minute, on all connections that
 * `listener` accepts from now on. A client that has vanished is detected within another minute.
 * Nothing else would end its request that is in flight. Throws `SystemError`.
 */
export function probeVanishedPeers(listener: number): void {
  setOption(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(listener, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  setOption(listener, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  setOption(listener, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

/** Whether the descriptor is a socket that listens. */
export function isListening(fd: number): boolean {
  return isSet(fd, SO_ACCEPTCONN);
}

/** Whether the descriptor is a socket whose address others can listen on too. */
export function isShared(fd: number): boolean {
  return isSet(fd, SO_REUSEPORT);
}

function isSet(fd: number, option: number): boolean {
  const value = new Int32Array(1);
  const length = new Uint32Array([4]);
  return libc().getsockopt(fd, SOL_SOCKET, option, value, length) === 0 && value[0] === 1;
}

const cookie = new BigUint64Array(1);
const cookieLength = new Uint32Array(1);

/**
 * A number that no other socket has or gets: a descriptor's number may be another socket's by the
 * next look. 0: unknown, as before Linux 4.12.
 */
export function socketCookie(fd: number): bigint {
  cookieLength[0] = 8;
  const result = libc().getsockopt(fd, SOL_SOCKET, SO_COOKIE, cookie, cookieLength);
  return result === 0 ? (cookie[0] ?? 0n) : 0n;
}

const polled = new DataView(new ArrayBuffer(8));
const polledBytes = new Uint8Array(polled.buffer);

/**
 * Whether connections wait to be accepted. Not known of a Unix socket that takes no new ones, see
 * `refuseNew`: then no.
 */
export function isQueued(listener: number): boolean {
  polled.setInt32(0, listener, true);
  polled.setInt16(4, POLLIN | POLLRDHUP, true);
  polled.setInt16(6, 0, true);
  return libc().poll(polledBytes, 1n, 0) > 0 && (polled.getInt16(6, true) & POLLRDHUP) === 0;
}

/**
 * Makes a Unix socket refuse new connections, in all processes that have it. Those that wait can
 * still be accepted.
 */
export function refuseNew(listener: number): void {
  libc().shutdown(listener, SHUT_RD);
}

/** Bytes received that the process has not read yet; 0 if unknown. */
export function unreadBytes(fd: number): number {
  return bytesBy(FIONREAD, fd);
}

/** Bytes that the process has written and the other end has not acknowledged yet; 0 if unknown. */
export function unsentBytes(fd: number): number {
  return bytesBy(SIOCOUTQ, fd);
}

const amount = new Int32Array(1);

function bytesBy(request: bigint, fd: number): number {
  return libc().ioctl(fd, request, amount) === 0 ? (amount[0] ?? 0) : 0;
}

/**
 * Turns deferred accept on, as Bun does by itself: the kernel hands a connection over together with
 * its first data, which saves the process a turn of its event loop, a fifth of what a connection
 * costs. One that stays silent is accepted only after about a second, and is reset if its listener
 * closes in that time. Throws `SystemError`.
 */
export function acceptWithData(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
}

/** Turns deferred accept off, for a listener that may close soon. Throws `SystemError`. */
export function acceptAtOnce(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0);
}

/** Who a socket belongs to: only sockets of one user share an address. */
export function ownerOf(fd: number): number {
  return fstatSync(fd).uid;
}

/** Makes a socket another user's. Throws. */
export function giveSocket(fd: number, owner: number): void {
  if (ownerOf(fd) !== owner) fchownSync(fd, owner, fstatSync(fd).gid);
}
