// Names of Unix sockets: as the kernel stores them (struct sockaddr_un), and as people write them,
// where `@` begins an abstract name, which has no file.
import { AF_UNIX } from "../os/constants.ts";
import { libc } from "../os/libc.ts";

/** The bytes of `sun_path`, less the zero that ends a path or starts an abstract name. */
export const LONGEST_PATH = 107;
/** How long the hidden name of a listener is, with the slash before it: see unix-listener.ts. */
export const HIDDEN_LENGTH = "/.pounce-000000".length;
const PATH_AT = 2;
const SIZE = PATH_AT + LONGEST_PATH + 1;

export function isAbstract(path: string): boolean {
  return path.startsWith("@");
}

/** The path as a `struct sockaddr_un`. It must not be too long. */
export function encodeUnix(path: string): Uint8Array {
  const name = Buffer.from(isAbstract(path) ? `\0${path.slice(1)}` : `${path}\0`);
  const bytes = new Uint8Array(new ArrayBuffer(PATH_AT + name.length));
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(name, PATH_AT);
  return bytes;
}

const bytes = new Uint8Array(new ArrayBuffer(SIZE));
const view = new DataView(bytes.buffer);
const length = new Uint32Array(1);

function decoded(result: number): string | undefined {
  if (result !== 0 || view.getUint16(0, true) !== AF_UNIX) return undefined;
  const end = Math.min(length[0] ?? 0, SIZE);
  if (end <= PATH_AT) return "";
  if (bytes[PATH_AT] === 0) return `@${Buffer.from(bytes.subarray(PATH_AT + 1, end)).toString()}`;
  const zero = bytes.indexOf(0, PATH_AT);
  return Buffer.from(bytes.subarray(PATH_AT, zero < 0 ? end : Math.min(zero, end))).toString();
}

/**
 * Where a Unix socket is bound; "": nowhere; `undefined`: it is no Unix socket. A connection has
 * the name of the listener that it was accepted from.
 */
export function localPath(fd: number): string | undefined {
  length[0] = SIZE;
  return decoded(libc().getsockname(fd, bytes, length));
}

/** The same for the other end of a connection: what its listener was bound to. */
export function peerPath(fd: number): string | undefined {
  length[0] = SIZE;
  return decoded(libc().getpeername(fd, bytes, length));
}
