// The socket of a service manager such as systemd: NOTIFY_SOCKET of sd_notify(3), which takes
// datagrams of lines.
import {
  AF_UNIX,
  CLOCK_MONOTONIC,
  EAGAIN,
  EINTR,
  ENOBUFS,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from "./constants.ts";
import { checked, errno, errorName, libc, SystemError } from "./libc.ts";

/** The bytes of `sun_path`, less the zero that ends a path or starts an abstract address. */
const LONGEST_NAME = 107;
const PATH_OFFSET = 2;
/** Far more than all of our lines need. */
const LONGEST_MESSAGE = 2048;

// The kernel reads and writes these by address, so they live as long as this module (see
// descriptors.ts).
const address = new Uint8Array(new ArrayBuffer(PATH_OFFSET + LONGEST_NAME + 1));
const message = new Uint8Array(new ArrayBuffer(LONGEST_MESSAGE));
const time = new BigInt64Array(new ArrayBuffer(16));
const encoder = new TextEncoder();

/** What became of a message. `busy`: the receiver's queue is full; try again in a moment. */
type Sent =
  | { readonly kind: "sent" }
  | { readonly kind: "busy" }
  | { readonly kind: "failed"; readonly reason: string };

export interface NotifySocket {
  /** Sends one message: lines such as `READY=1`, separated by line feeds. Never waits. */
  send(text: string): Sent;
}

/**
 * Opens a socket that sends to `name`: a path, or an abstract address that starts with `@`. A
 * process opens only one. If that is not possible, returns why, as text.
 */
export function openNotifySocket(name: string): NotifySocket | string {
  const length = writeAddress(name);
  if (typeof length === "string") return length;
  try {
    const fd = checked("socket", libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return { send: (text) => send(fd, text, length) };
  } catch (error) {
    if (error instanceof SystemError) return error.message;
    throw error;
  }
}

/** Writes a `struct sockaddr_un`. Returns its length, or what is wrong with the name. */
function writeAddress(name: string): number | string {
  const isAbstract = name.startsWith("@");
  if (!isAbstract && !name.startsWith("/")) return "it is not a path and does not start with @";
  const bytes = encoder.encode(isAbstract ? name.slice(1) : name);
  if (bytes.length === 0 || bytes.length > LONGEST_NAME) {
    return `it has ${bytes.length} bytes; 1 to ${LONGEST_NAME} are possible`;
  }
  address.fill(0);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(bytes, PATH_OFFSET + (isAbstract ? 1 : 0));
  // A zero ends a path; an abstract address starts with one, and its length ends it.
  return PATH_OFFSET + bytes.length + 1;
}

function send(fd: number, text: string, length: number): Sent {
  const { written } = encoder.encodeInto(text, message);
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (libc().sendto(fd, message, BigInt(written), flags, address, length) >= 0) {
    return { kind: "sent" };
  }
  const error = errno();
  if (error === EAGAIN || error === ENOBUFS || error === EINTR) return { kind: "busy" };
  return { kind: "failed", reason: `sendto: ${errorName(error)}` };
}

/** Microseconds on CLOCK_MONOTONIC. Bun's own clocks count from the start of the process. */
export function monotonicUsec(): bigint {
  checked("clock_gettime", libc().clock_gettime(CLOCK_MONOTONIC, time));
  const [seconds = 0n, nanoseconds = 0n] = time;
  return seconds * 1_000_000n + nanoseconds / 1000n;
}
