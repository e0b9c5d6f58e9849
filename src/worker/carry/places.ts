// Which descriptors Bun has for connections of our own, by what our ends of them are bound to.
import { peerPath } from "../../net/unix-address.ts";
import { descriptors } from "../../os/open-descriptors.ts";

export class Places {
  /** Those that were others when they were looked at: their numbers may be used again. */
  #others = new Set<number>();

  /** @param names abstract, as `encodeUnix` takes them */
  find(names: readonly string[]): Map<string, number> {
    const wanted = new Set(names);
    const all = descriptors();
    const found = this.#among(
      all.filter((fd) => !this.#others.has(fd)),
      wanted,
    );
    if (found.size === wanted.size) return found;
    this.#others = new Set();
    return this.#among(all, wanted);
  }

  #among(fds: readonly number[], wanted: ReadonlySet<string>): Map<string, number> {
    const found = new Map<string, number>();
    for (const fd of fds) {
      const name = peerPath(fd);
      if (name !== undefined && wanted.has(name)) found.set(name, fd);
      // What is found will be a client's connection soon.
      this.#others.add(fd);
    }
    return found;
  }
}
