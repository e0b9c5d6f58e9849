// Sockets that Bun does not know of, as far as the carry needs them. All are non-blocking.
import { encodeUnix } from "../../net/unix-address.ts";
import {
  AF_UNIX,
  F_DUPFD_CLOEXEC,
  F_GETFL,
  F_SETFL,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  O_NONBLOCK,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../os/constants.ts";
import { checked, errno, libc } from "../../os/libc.ts";

const EAGAIN = 11;
const FIRST_AFTER_STREAMS = 3;

/** Two connected sockets. Throws `SystemError`. */
export function connectedPair(): readonly [number, number] {
  const ends = new Int32Array(2);
  const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  checked("socketpair", libc().socketpair(AF_UNIX, type, 0, ends));
  return [ends[0] as number, ends[1] as number];
}

/**
 * Connects to a Unix socket. Throws `SystemError`, also while the queue of the listener is full.
 * @param name what the other end finds as the name of its peer; both are abstract: `@…`
 */
export function connectAs(name: string, to: string): number {
  const { socket, bind, connect, close } = libc();
  const fd = checked("socket", socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  try {
    const [own, other] = [encodeUnix(name), encodeUnix(to)];
    checked("bind", bind(fd, own, own.length));
    checked("connect", connect(fd, other, other.length));
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** One more descriptor of the same socket. Throws `SystemError`. */
export function duplicate(fd: number): number {
  return checked("fcntl", libc().fcntl(fd, F_DUPFD_CLOEXEC, FIRST_AFTER_STREAMS));
}

/** Reading and writing do not wait. Throws `SystemError`. */
export function unblock(fd: number): void {
  const flags = checked("fcntl", libc().fcntl(fd, F_GETFL, 0));
  checked("fcntl", libc().fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

/** Writes what the kernel takes. Returns how much that is; `undefined`: the other end has gone. */
export function write(fd: number, bytes: Uint8Array): number | undefined {
  const size = BigInt(bytes.length);
  const sent = Number(libc().send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL));
  if (sent >= 0) return sent;
  return errno() === EAGAIN ? 0 : undefined;
}

const buffer = Buffer.alloc(16_384);

/** What has come; empty: nothing yet; `undefined`: the other end has gone. */
export function readNow(fd: number): Buffer | undefined {
  const size = BigInt(buffer.length);
  const received = Number(libc().recv(fd, buffer, size, MSG_DONTWAIT));
  if (received > 0) return Buffer.from(buffer.subarray(0, received));
  return received < 0 && errno() === EAGAIN ? buffer.subarray(0, 0) : undefined;
}
