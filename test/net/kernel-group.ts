// An accept group of real sockets in this process, to hold the model against the kernel.
import { connect, type Socket } from "node:net";
import { append, type Members, type Program, remove } from "../../src/core/moves/accept-group.ts";
import { encodeAddress, localPort } from "../../src/net/address.ts";
import { steer } from "../../src/net/filters.ts";
import { checked, libc } from "../../src/os/libc.ts";
import { setOption } from "../../src/net/socket-options.ts";
import { SOL_SOCKET } from "../../src/os/constants.ts";
import { acceptQueueLength } from "../../src/net/tcp-info.ts";

const AF_INET = 2;
const SOCK_STREAM = 1;
const SO_REUSEPORT = 15;
const HOST = "127.0.0.1";

export class KernelGroup {
  readonly #listeners = new Map<number, number>();
  readonly #clients: Socket[] = [];
  #port = 0;
  #next = 0;
  /** What the model says. */
  members: Members = [];

  open(): number {
    const fd = checked("socket", libc().socket(AF_INET, SOCK_STREAM, 0));
    setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    const address = encodeAddress({ host: HOST, port: this.#port });
    checked("bind", libc().bind(fd, address, address.length));
    checked("listen", libc().listen(fd, 64));
    this.#port = localPort(fd) ?? 0;
    const id = this.#next++;
    this.#listeners.set(id, fd);
    this.members = append(this.members, id);
    return id;
  }

  close(id: number): void {
    libc().close(this.#listeners.get(id) ?? -1);
    this.#listeners.delete(id);
    this.members = remove(this.members, id);
  }

  steer(program: Program): void {
    const [fd] = this.#listeners.values();
    if (fd !== undefined) steer(fd, program);
  }

  /** The listener that one new connection reaches. */
  async probe(): Promise<number> {
    const before = this.#queues();
    const client = connect(this.#port, HOST);
    this.#clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve()).once("error", reject);
    });
    client.on("error", () => {}); // Closing its listener resets it, as it was never accepted.
    const reached = this.#queues().findIndex((length, index) => length > (before[index] ?? 0));
    return [...this.#listeners.keys()][reached] ?? -1;
  }

  #queues(): number[] {
    return [...this.#listeners.values()].map((fd) => acceptQueueLength(fd));
  }

  dispose(): void {
    for (const client of this.#clients) client.destroy();
    for (const fd of this.#listeners.values()) libc().close(fd);
  }
}
