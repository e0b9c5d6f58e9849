// An address belongs to a server from the moment that it was found free, not only from when a
// worker listens. The app may take half a minute to load; a second server that is started in that
// time would find the address free too, and join the first server's listeners.
//
// The address is held by a socket that does not listen. It is bound exclusively, which fails if
// anybody has the address. From then on it admits sockets that share the address and belong to this
// user: the workers' listeners. Where workers share one listening socket, it becomes that.
import { type TcpAddress, encodeAddress, familyOf, formatAddress } from "./address.ts";
import {
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SO_REUSEPORT,
} from "../os/constants.ts";
import { checked, errno, errorName, libc } from "../os/libc.ts";
import { probeAddress } from "./probe.ts";
import { giveSocket, setOption } from "./socket-options.ts";

/** Of a listening socket that all workers share. The kernel may allow fewer. */
const BACKLOG = 4096;

interface Claim {
  readonly port: number;
  readonly fd: number;
}

const claims = new Map<string, Claim>();

/**
 * Claims an address for this process. `undefined` when it is ours, else the error's name.
 * @param owner the user of the workers that will listen; left out: this process's
 */
export function claimAddress(address: TcpAddress, owner?: number): string | undefined {
  const { port } = address;
  const name = formatAddress(address);
  if (claims.has(name)) return undefined;
  const taken = claim(address, name, owner);
  const ours = [...claims].filter(([, other]) => other.port === port);
  if (taken !== "EADDRINUSE" || ours.length === 0) return taken;
  // Addresses of one configuration may overlap, such as 0.0.0.0 and 127.0.0.1: they stay unclaimed.
  for (const [other] of ours) releaseClaim(other);
  return probeAddress(address);
}

/** Releases a claim, if there is one: a worker listens, or the address is not used after all. */
export function releaseClaim(name: string): void {
  const found = claims.get(name);
  claims.delete(name);
  if (found !== undefined) libc().close(found.fd);
}

/**
 * The listening socket of an address that all workers are to share: made from the claim, or without
 * one, where addresses of one configuration overlap or the port was chosen only now. Throws.
 */
export function listenShared(address: TcpAddress): number {
  const name = formatAddress(address);
  const fd = claims.get(name)?.fd ?? bindShared(address);
  claims.delete(name);
  try {
    // Connections of a server that was here before are ending, perhaps.
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    checked("listen", libc().listen(fd, BACKLOG));
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

function bindShared(address: TcpAddress): number {
  const kind = SOCK_STREAM | SOCK_CLOEXEC;
  const fd = checked("socket", libc().socket(familyOf(address.host), kind, 0));
  try {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    const bytes = encodeAddress(address);
    checked("bind", libc().bind(fd, bytes, bytes.length));
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

function claim(address: TcpAddress, name: string, owner: number | undefined): string | undefined {
  const fd = libc().socket(familyOf(address.host), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errorName(errno());
  try {
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    const bytes = encodeAddress(address);
    if (libc().bind(fd, bytes, bytes.length) < 0) {
      const error = errorName(errno());
      libc().close(fd);
      return error;
    }
    // SO_REUSEADDR would admit others that probe the address; SO_REUSEPORT admits workers.
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (owner !== undefined) giveSocket(fd, owner);
    claims.set(name, { port: address.port, fd });
  } catch {
    // A sandbox filters the call: the address is free, but cannot be kept from others.
    libc().close(fd);
  }
  return undefined;
}
