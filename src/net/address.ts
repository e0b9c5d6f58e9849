// Socket addresses: as the kernel stores them, and as people write them.
import { UNIX_PREFIX } from "../core/address-name.ts";
import { AF_INET, AF_INET6 } from "../os/constants.ts";
import { libc } from "../os/libc.ts";

/** An IP address and a port, to listen on or as found on a socket. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** A Unix socket: the path of its file, or `@` and an abstract name. */
export interface UnixAddress {
  readonly path: string;
}

/** Where a server can listen. */
export type Address = TcpAddress | UnixAddress;

export function isUnix(address: Address): address is UnixAddress {
  return "path" in address;
}

/** Those that are not Unix sockets. */
export function tcpAmong(addresses: readonly Address[]): TcpAddress[] {
  return addresses.flatMap((address) => (isUnix(address) ? [] : [address]));
}

/**
 * `127.0.0.1:8000`, `[::1]:8000` or `unix:/run/app.sock`: the name of an address everywhere, log
 * and accept group alike.
 */
export function formatAddress(address: Address): string {
  if (isUnix(address)) return `${UNIX_PREFIX}${address.path}`;
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address with a name that `formatAddress` has made. */
export function parseAddress(name: string): Address {
  if (name.startsWith(UNIX_PREFIX)) return { path: name.slice(UNIX_PREFIX.length) };
  const at = name.lastIndexOf(":");
  return { host: name.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(name.slice(at + 1)) };
}

/** An IP address as people write it: of IPv6 the longest run of zeros is `::` (RFC 5952). */
export function shortHost(host: string): string {
  if (!host.includes(":")) return host;
  const text = groupsOf(host)
    .map((group) => group.toString(16))
    .join(":");
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)];
  const longest = runs.toSorted(([a], [b]) => b.length - a.length)[0];
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, "");
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

/** The eight groups of an IPv6 address that is known to be valid. */
function groupsOf(host: string): number[] {
  const [head = "", tail] = host.split("::");
  const left = parseGroups(head);
  if (tail === undefined) return left;
  const right = parseGroups(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function parseGroups(part: string): number[] {
  return part === "" ? [] : part.split(":").flatMap((group) => parseGroup(group));
}

/** One group, or the two that an IPv4 address at the end stands for. */
function parseGroup(group: string): number[] {
  if (!group.includes(".")) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** AF_INET or AF_INET6, for `socket`. */
export function familyOf(host: string): number {
  return host.includes(":") ? AF_INET6 : AF_INET;
}

/** The address as a `struct sockaddr_in` or `sockaddr_in6`. `host` must be an IP address. */
export function encodeAddress({ host, port }: TcpAddress): Uint8Array {
  const v6 = host.includes(":");
  const view = new DataView(new ArrayBuffer(v6 ? 28 : 16));
  view.setUint16(0, familyOf(host), true);
  view.setUint16(2, port, false);
  if (v6) groupsOf(host).forEach((group, index) => view.setUint16(8 + index * 2, group, false));
  else host.split(".").forEach((part, index) => view.setUint8(4 + index, Number(part)));
  return new Uint8Array(view.buffer);
}

const buffer = new DataView(new ArrayBuffer(28));
const bytes = new Uint8Array(buffer.buffer);
const length = new Uint32Array(1);

function familyIn(result: number): number | undefined {
  if (result !== 0) return undefined;
  const family = buffer.getUint16(0, true);
  return family === AF_INET || family === AF_INET6 ? family : undefined;
}

function readLocal(fd: number): number | undefined {
  length[0] = 28;
  return familyIn(libc().getsockname(fd, bytes, length));
}

/** The port a TCP socket is bound to; `undefined` for any other descriptor. */
export function localPort(fd: number): number | undefined {
  return readLocal(fd) === undefined ? undefined : buffer.getUint16(2, false);
}

/** A TCP or UDP socket of this process, and the port that it is bound to. */
export interface BoundSocket {
  readonly fd: number;
  readonly port: number;
}

/** Those of the descriptors that are such sockets. */
export function boundSockets(fds: readonly number[]): BoundSocket[] {
  const { getsockname } = libc();
  const found: BoundSocket[] = [];
  for (const fd of fds) {
    length[0] = 28;
    if (getsockname(fd, bytes, length) !== 0) continue;
    const family = buffer.getUint16(0, true);
    if (family !== AF_INET && family !== AF_INET6) continue;
    found.push({ fd, port: buffer.getUint16(2, false) });
  }
  return found;
}

/** Where a socket is bound, in the form of `plain`; `undefined` unless it is an IP socket. */
export function localAddress(fd: number): TcpAddress | undefined {
  const family = readLocal(fd);
  return family === undefined ? undefined : decoded(buffer, family);
}

/** The other end of a connection, in the form of `plain`; `undefined` when it has none. */
export function peerAddress(fd: number): TcpAddress | undefined {
  length[0] = 28;
  const family = familyIn(libc().getpeername(fd, bytes, length));
  return family === undefined ? undefined : decoded(buffer, family);
}

/** A peer's address; on a socket for both families, an IPv4 peer's address as plain IPv4. */
export function plainAddress(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host;
}

/**
 * An address in the one form in which equal addresses are equal as text. An IPv4 address within an
 * IPv6 address (`::ffff:10.0.0.1`) becomes the IPv4 address, and an IPv6 address loses its zone.
 */
export function plain({ host, port }: TcpAddress): TcpAddress {
  const unmapped = plainAddress(host);
  if (!unmapped.includes(":")) return { host: unmapped, port };
  const encoded = encodeAddress({ host: host.split("%", 1)[0] ?? host, port });
  return decoded(new DataView(encoded.buffer), AF_INET6);
}

/** The first three of the four words of an IPv6 address that stands for an IPv4 address. */
const MAPPED = [0, 0, 0xffff];

/** What is in a `struct sockaddr_in` or `sockaddr_in6`. */
function decoded(address: DataView, family: number): TcpAddress {
  const port = address.getUint16(2, false);
  if (family === AF_INET) return { host: ipv4At(address, 4), port };
  const isMapped = MAPPED.every((word, index) => address.getUint32(8 + index * 4, false) === word);
  if (isMapped) return { host: ipv4At(address, 20), port };
  const groups = Array.from({ length: 8 }, (_, index) => address.getUint16(8 + index * 2, false));
  return { host: groups.map((group) => group.toString(16)).join(":"), port };
}

function ipv4At(address: DataView, offset: number): string {
  const byte = (index: number): number => address.getUint8(offset + index);
  return `${byte(0)}.${byte(1)}.${byte(2)}.${byte(3)}`;
}
