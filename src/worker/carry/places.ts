// Which descriptors Bun has for connections of our own, by what our ends of them are bound to.
//
// A process with 10,000 connections takes 10 ms to list its descriptors. But new ones get the
// lowest numbers that are free: so those below the highest known one are asked, and of these not
// the ones that are clients' connections by now.
import { peerPath } from "../../net/unix-address.ts";
import { descriptors } from "../../os/open-descriptors.ts";

/** Others are opened at the same time: those of clients that are yet to come, and our own. */
const MARGIN = 1024;

export class Places {
  /** Those that clients' connections have been put in the place of. */
  #clients = new Set<number>();
  #highest = 0;

  /**
   * @param names abstract, as `encodeUnix` takes them
   * @param known the highest descriptor that is known to be open
   */
  find(names: readonly string[], known: number): Map<string, number> {
    const wanted = new Set(names);
    const found = new Map<string, number>();
    const most = Math.max(known, this.#highest) + names.length + MARGIN;
    for (let fd = 0; fd <= most && found.size < wanted.size; fd++) {
      if (!this.#clients.has(fd)) this.#note(fd, wanted, found);
    }
    if (found.size < wanted.size) {
      this.#clients = new Set();
      for (const fd of descriptors()) this.#note(fd, wanted, found);
    }
    for (const fd of found.values()) {
      this.#clients.add(fd);
      this.#highest = Math.max(this.#highest, fd);
    }
    return found;
  }

  #note(fd: number, wanted: ReadonlySet<string>, found: Map<string, number>): void {
    const name = peerPath(fd);
    if (name !== undefined && wanted.has(name)) found.set(name, fd);
  }
}
