// What files were when an app was loaded from them, and which have changed since.
import { readFileSync, statSync } from "node:fs";

export interface FileFacts {
  readonly path: string;
  readonly size: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly mtimeMs: number;
  /** A hash of its content, in hexadecimal; left out: not known. */
  readonly hash?: string | undefined;
}

/**
 * What the files are now. One that cannot be looked at is left out.
 * @param hashedFromMs files that were written at this time or later get their content noted too:
 *   what an app writes each time it is loaded has another time each time
 */
export function factsOf(paths: readonly string[], hashedFromMs = Infinity): FileFacts[] {
  return paths.flatMap((path) => {
    const stat = statOf(path);
    if (stat === undefined) return [];
    const { size, mtimeMs } = stat;
    const hash = mtimeMs >= hashedFromMs ? hashOf(path) : undefined;
    return [hash === undefined ? { path, size, mtimeMs } : { path, size, mtimeMs, hash }];
  });
}

/** The same with the content, unless the file has changed since. */
export function withHash(facts: FileFacts): FileFacts {
  if (facts.hash !== undefined || !isAsWritten(facts)) return facts;
  const hash = hashOf(facts.path);
  // Written while it was read: nobody knows what has been read.
  return hash === undefined || !isAsWritten(facts) ? facts : { ...facts, hash };
}

/**
 * The paths of those that are no longer what they were, or are gone. One that was only written
 * again, or moved back, is what it was.
 */
export function changedAmong(facts: readonly FileFacts[]): string[] {
  return facts.filter((it) => !isSame(it)).map(({ path }) => path);
}

function isSame(facts: FileFacts): boolean {
  const now = statOf(facts.path);
  if (now === undefined || now.size !== facts.size) return false;
  if (now.mtimeMs === facts.mtimeMs) return true;
  return facts.hash !== undefined && hashOf(facts.path) === facts.hash;
}

function isAsWritten({ path, size, mtimeMs }: FileFacts): boolean {
  const now = statOf(path);
  return now !== undefined && now.size === size && now.mtimeMs === mtimeMs;
}

function statOf(path: string): { readonly size: number; readonly mtimeMs: number } | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function hashOf(path: string): string | undefined {
  try {
    return Bun.hash(readFileSync(path)).toString(16);
  } catch {
    return undefined;
  }
}
