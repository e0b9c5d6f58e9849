// Servers of Bun that have got a successor, and keep only their connections. Each is stopped when
// the last of these has ended: a stop would close those that are idle.
import { fstatSync } from "node:fs";
import { stopServer } from "../app/app-server.ts";

type BunServer = Bun.Server<unknown>;

/** A connection, by its descriptor and the inode behind it: the number is given away again. */
interface Kept {
  readonly fd: number;
  readonly inode: number;
}

interface Retired {
  readonly server: BunServer;
  /** Those that may still be open. */
  readonly kept: Kept[];
}

export class RetiredServers {
  #all: Retired[] = [];

  /** @param onStopped gets each server that has been stopped */
  constructor(readonly onStopped: (server: BunServer) => void) {}

  /** @param connections all that there are: which of them are this server's is not known */
  add(server: BunServer, connections: readonly number[]): void {
    const kept = connections.flatMap((fd) => {
      const inode = inodeOf(fd);
      return inode === undefined ? [] : [{ fd, inode }];
    });
    this.#all.push({ server, kept });
  }

  /**
   * Stops those that have no connection left. One that has ended is asked about no more, so that
   * all calls together take as long as one look at each connection.
   */
  look(): void {
    if (this.#all.length === 0) return;
    const over = this.#all.filter(({ kept }) => !hasAny(kept));
    this.#all = this.#all.filter((one) => !over.includes(one));
    for (const { server } of over) {
      stopServer(server);
      this.onStopped(server);
    }
  }

  closeIdle(): void {
    for (const { server } of this.#all) server.closeIdleConnections();
  }

  stop(force: boolean): void {
    for (const { server } of this.#all) stopServer(server, force);
  }
}

function hasAny(kept: Kept[]): boolean {
  for (;;) {
    const last = kept.at(-1);
    if (last === undefined) return false;
    if (inodeOf(last.fd) === last.inode) return true;
    kept.pop();
  }
}

/** Undefined: no such descriptor is open. */
function inodeOf(fd: number): number | undefined {
  try {
    return fstatSync(fd).ino;
  } catch {
    return undefined;
  }
}
