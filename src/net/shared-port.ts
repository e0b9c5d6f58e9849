// One port that is free on several addresses: this is what port 0 means when there are several
// hosts.
//
// The kernel chooses a port for the first address; if another program has it on one of the other
// addresses, the kernel chooses again. Sockets that do not listen reserve the port: until the first
// worker has it, no other user gets it, and nobody without SO_REUSEPORT.
import { type TcpAddress, encodeAddress, familyOf, localPort } from "./address.ts";
import { SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT } from "../os/constants.ts";
import { checked, libc } from "../os/libc.ts";
import { probeAddress } from "./probe.ts";
import { giveSocket, setOption } from "./socket-options.ts";

/**
 * Enough that, even with many ports taken on one of the addresses, the choices do not all fail by
 * chance.
 */
const MOST_CHOICES = 64;

/** A port that nobody else gets until it is released. */
export interface ReservedPort {
  readonly port: number;
  readonly release: () => void;
}

/**
 * Throws where no port is found that is free on all of `hosts`, which are IP addresses.
 * @param owner the user that will listen there; left out: this process's
 */
export function reservePort(hosts: readonly string[], owner?: number): ReservedPort {
  const [first = "127.0.0.1"] = hosts;
  let last = "";
  for (let choice = 0; choice < MOST_CHOICES; choice++) {
    const port = choosePort(first);
    const taken = hosts.find((host) => probeAddress({ host, port }) !== undefined);
    if (taken === undefined) return reserve(hosts, port, owner);
    last = `${port} is taken on ${taken}`;
  }
  const names = hosts.join(", ");
  throw new Error(
    `port: tried ${MOST_CHOICES} free ports of ${first}, none is free on ${names} too (${last})`,
  );
}

function choosePort(host: string): number {
  const fd = bound({ host, port: 0 });
  try {
    return localPort(fd) ?? 0;
  } finally {
    libc().close(fd);
  }
}

function reserve(hosts: readonly string[], port: number, owner: number | undefined): ReservedPort {
  const fds: number[] = [];
  const release = (): void => {
    for (const fd of fds.splice(0)) libc().close(fd);
  };
  try {
    for (const host of hosts) {
      const fd = bound({ host, port });
      fds.push(fd);
      if (owner !== undefined) giveSocket(fd, owner);
    }
    return { port, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** A socket that is bound but does not listen. Throws `SystemError`. */
function bound(address: TcpAddress): number {
  const fd = checked(
    "socket",
    libc().socket(familyOf(address.host), SOCK_STREAM | SOCK_CLOEXEC, 0),
  );
  try {
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    const name = encodeAddress(address);
    checked("bind", libc().bind(fd, name, name.length));
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}
