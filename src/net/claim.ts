// An address is a server's from the moment that it was found to be free, and not only once a worker
// listens: the app may take half a minute to load, and a second server that is started meanwhile
// would find it free as well, and join the first one's listeners.
//
// What holds it is a socket that does not listen. It is bound as if for itself alone, which fails
// where anybody has the address; from then on it lets those in who share it and are of this user:
// the workers.
import { type Address, encodeAddress, familyOf, formatAddress } from "./address.ts";
import {
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SO_REUSEPORT,
} from "../os/constants.ts";
import { errno, errorName, libc } from "../os/libc.ts";
import { probeAddress } from "./probe.ts";
import { setOption } from "./socket-options.ts";

interface Claim {
  readonly port: number;
  readonly fd: number;
}

const claims = new Map<string, Claim>();

/** Claims an address for this process. `undefined` when it is ours, else the error's name. */
export function claimAddress(address: Address): string | undefined {
  const { port } = address;
  const name = formatAddress(address);
  if (claims.has(name)) return undefined;
  const taken = claim(address, name);
  const ours = [...claims].filter(([, other]) => other.port === port);
  if (taken !== "EADDRINUSE" || ours.length === 0) return taken;
  // Addresses of one configuration may overlap, as 0.0.0.0 and 127.0.0.1: these are left unclaimed.
  for (const [other] of ours) releaseClaim(other);
  return probeAddress(address);
}

/** Lets go of a claim, if there is one: a worker listens, or the address is not used after all. */
export function releaseClaim(name: string): void {
  const found = claims.get(name);
  claims.delete(name);
  if (found !== undefined) libc().close(found.fd);
}

function claim(address: Address, name: string): string | undefined {
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
    // Others who probe the address would be let in by the one, and workers are by the other.
    setOption(fd, SOL_SOCKET, SO_REUSEADDR, 0);
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    claims.set(name, { port: address.port, fd });
  } catch {
    // A sandbox that filters the call: it is free, and nobody can be kept from it.
    libc().close(fd);
  }
  return undefined;
}
