// An accept group of real sockets that counts where the kernel sends connections: thousands of them
// in a fraction of a second, each ended as soon as it is known.
import type { Program } from "../../src/core/moves/accept-group.ts";
import { encodeAddress, familyOf, localPort } from "../../src/net/address.ts";
import { steer } from "../../src/net/filters.ts";
import { setOption } from "../../src/net/socket-options.ts";
import {
  AF_INET,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEPORT,
} from "../../src/os/constants.ts";
import { checked, libc, openLibc } from "../../src/os/libc.ts";

const SO_LINGER = 13;
const IPPROTO_IP = 0;
const IP_BIND_ADDRESS_NO_PORT = 24;
const BACKLOG = 64;
/** Ends with a reset, so that no port is kept. */
const AT_ONCE = new Int32Array([1, 0]);

const { accept4 } = openLibc({
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
} as const);

export class CountedGroup {
  readonly #listeners: number[] = [];
  #port = 0;

  /** @param host to listen on; `::` takes IPv4 as well */
  constructor(
    size: number,
    readonly host = "127.0.0.1",
  ) {
    for (let count = 0; count < size; count++) this.#listeners.push(this.#listen());
  }

  #listen(): number {
    const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const fd = checked("socket", libc().socket(familyOf(this.host), type, 0));
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (this.host.includes(":")) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    const address = encodeAddress({ host: this.host, port: this.#port });
    checked("bind", libc().bind(fd, address, address.length));
    checked("listen", libc().listen(fd, BACKLOG));
    this.#port = localPort(fd) ?? 0;
    return fd;
  }

  steer(program: Program): void {
    const [fd] = this.#listeners;
    if (fd !== undefined) steer(fd, program);
  }

  /**
   * The index that one new connection comes to.
   * @param to the address that the client connects to
   * @param from its own; left out: the kernel chooses
   */
  connect(to = this.host, from?: string): number {
    const client = checked("socket", libc().socket(familyOf(to), SOCK_STREAM | SOCK_CLOEXEC, 0));
    checked("setsockopt", libc().setsockopt(client, SOL_SOCKET, SO_LINGER, AT_ONCE, 8));
    if (from !== undefined) bindTo(client, from);
    const address = encodeAddress({ host: to, port: this.#port });
    checked("connect", libc().connect(client, address, address.length));
    const index = this.#listeners.findIndex((fd) => {
      const accepted = accept4(fd, null, null, 0);
      if (accepted >= 0) libc().close(accepted);
      return accepted >= 0;
    });
    libc().close(client);
    return index;
  }

  /** How many of `count` connections come to each index. */
  count(count: number, connect = (): number => this.connect()): number[] {
    const counts = this.#listeners.map(() => 0);
    for (let at = 0; at < count; at++) {
      const index = connect();
      counts[index] = (counts[index] ?? 0) + 1;
    }
    return counts;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#listeners) libc().close(fd);
  }
}

/** An address of the client's own, and a port that the kernel chooses when it connects. */
function bindTo(client: number, host: string): void {
  if (familyOf(host) === AF_INET) setOption(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  const address = encodeAddress({ host, port: 0 });
  checked("bind", libc().bind(client, address, address.length));
}
