// What each watched file looks like, to tell a change from an event: files are touched, rewritten
// with what they held, or moved away and back.
import { readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { isPackage } from "./project.ts";

/** Larger ones are compared by their times alone. */
const LARGEST_READ_BYTES = 4 * 1024 * 1024;

/** One that is missing has none of this. */
interface Signature {
  /** Inode, size and times: if these are the same, so is the file. */
  readonly stats: string | undefined;
  readonly bytes: number;
  readonly mtimeMs: number;
  /** Of its content; undefined: unknown. */
  readonly hash: number | bigint | undefined;
}

const MISSING: Signature = { stats: undefined, bytes: 0, mtimeMs: 0, hash: undefined };

export class Signatures {
  readonly #known = new Map<string, Signature>();

  /**
   * Takes note of a file.
   * @param loadedMs when something began to read it, as `Date.now()` gives it
   * @param isRead whether its content matters, or only its times
   * @returns whether it has been changed since then
   */
  add(path: string, loadedMs: number, isRead = true): boolean {
    if (this.#known.has(path)) return false;
    const now = look(path, isRead ? LARGEST_READ_BYTES : -1);
    const isNewer = now.mtimeMs > loadedMs;
    // What was read is not known if it is not what is there.
    this.#known.set(path, isNewer ? { ...now, stats: "", hash: undefined } : now);
    return isNewer;
  }

  forget(path: string): void {
    this.#known.delete(path);
  }

  /** How a file differs from what is known of it, which is what there is from now on. */
  compare(path: string): { readonly isChanged: boolean; readonly mtimeMs: number } {
    const before = this.#known.get(path) ?? MISSING;
    if (!this.differs(path)) return { isChanged: false, mtimeMs: before.mtimeMs };
    const now = look(path, LARGEST_READ_BYTES);
    this.#known.set(path, now);
    const isSame = now.hash !== undefined && now.hash === before.hash;
    return { isChanged: !isSame, mtimeMs: now.mtimeMs };
  }

  /** Whether it may have changed: whether it is another file, or of another size or time. */
  differs(path: string): boolean {
    return statsText(statsOf(path)) !== this.#known.get(path)?.stats;
  }

  /** A file that had something in it is missing or empty, or a new one is empty. */
  isUnsettled(path: string): boolean {
    const before = this.#known.get(path) ?? MISSING;
    const wasEmpty = before.bytes === 0 && before.hash !== undefined;
    const stats = statsOf(path);
    return stats === undefined ? before.bytes > 0 : stats.size === 0 && !wasEmpty;
  }
}

/** Of a file, or of a package. One that cannot be reached counts as missing: a link to itself. */
function statsOf(path: string): Stats | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() || isPackage(path) ? stats : undefined;
  } catch {
    return undefined;
  }
}

function statsText(stats: Stats | undefined): string | undefined {
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

/** @param mostBytes larger files are not read */
function look(path: string, mostBytes: number): Signature {
  try {
    const found = statsOf(path);
    if (found === undefined) return MISSING;
    const { size, mtimeMs } = found;
    const isRead = size <= mostBytes && found.isFile();
    // A link may lead to another file of the same content, with other files beside it.
    const hash = isRead
      ? Bun.hash(readFileSync(path), Bun.hash.xxHash64(realpathSync(path)))
      : undefined;
    return { stats: statsText(found), bytes: size, mtimeMs, hash };
  } catch {
    // It cannot be read, or has gone in between.
    return MISSING;
  }
}
