// Reads the files of certificates and keys, and checks what is in them. Only the master does this:
// a worker may have lost the right to.
import { readFileSync, statSync } from "node:fs";
import { refusal } from "../os/refusal.ts";
import { checkPair, type Pair, type Problem } from "./check-pair.ts";
import { checkPairs } from "./check-pairs.ts";

/** Where a pair is. */
export interface PairFiles {
  /** Absolute. */
  readonly cert: string;
  readonly key: string;
}

/** Places of the configuration, which errors begin with. */
export interface TlsPlaces {
  readonly cert: string;
  readonly key: string;
}

export type ReadPairs =
  | { readonly ok: true; readonly pairs: readonly Pair[]; readonly warnings: readonly string[] }
  /** Each error is a line with its place, file and remedy. */
  | { readonly ok: false; readonly errors: readonly string[] };

/** No certificate with its chain is larger. */
const MOST_BYTES = 1024 * 1024;
/** Readable by everybody. */
const S_IROTH = 0o004;

/** A path that stands in a command as it is. */
const PLAIN = /^[\w./@+-]+$/;

/** What to do about a file, with its path in the commands, which say `FILE`. */
function named(words: string, path: string): string {
  return PLAIN.test(path) ? words.replaceAll(/\bFILE\b/g, path) : words;
}

/** @param nowMs milliseconds since 1970 */
export function readPairs(
  files: readonly PairFiles[],
  places: TlsPlaces,
  nowMs: number,
): ReadPairs {
  const errors: string[] = [];
  const warnings: string[] = [];
  const pairs: Pair[] = [];
  for (const pairFiles of files) {
    const line = ({ file, words }: Problem): string =>
      `${places[file]}: ${pairFiles[file]} ${named(words, pairFiles[file])}`;
    const [cert, key] = [readFile(pairFiles.cert), readFile(pairFiles.key)];
    if ("error" in cert) errors.push(line({ file: "cert", words: cert.error }));
    if ("error" in key) errors.push(line({ file: "key", words: key.error }));
    if ("error" in cert || "error" in key) continue;
    const checked = checkPair({ cert: cert.text, key: key.text }, nowMs);
    if (!checked.ok) {
      errors.push(line(checked.problem));
      continue;
    }
    pairs.push(checked.pair);
    warnings.push(...checked.warnings.map(line));
    if ((key.mode & S_IROTH) !== 0) warnings.push(line({ file: "key", words: OPEN_KEY }));
  }
  if (errors.length > 0) return { ok: false, errors };
  const among = checkPairs(pairs);
  const line = ({ index, words }: { readonly index: number; readonly words: string }): string =>
    `${places.cert}: ${files[index]?.cert} ${words}`;
  if (among.errors.length > 0) return { ok: false, errors: among.errors.map(line) };
  return { ok: true, pairs, warnings: [...warnings, ...among.warnings.map(line)] };
}

const OPEN_KEY =
  "can be read by every user of this machine: chmod 600, or in Kubernetes defaultMode: 0400";

type FileText = { readonly text: string; readonly mode: number } | { readonly error: string };

function readFile(path: string): FileText {
  try {
    const { mode, size, isFile } = statOf(path);
    if (!isFile) return { error: "is not a regular file" };
    if (size > MOST_BYTES) return { error: "is larger than 1 MiB: it is no certificate or key" };
    // Every byte is kept: a file that is not PEM is described by its bytes.
    return { text: readFileSync(path, "latin1"), mode };
  } catch (error) {
    return { error: `cannot be read: ${refusal(error)}` };
  }
}

function statOf(path: string): { mode: number; size: number; isFile: boolean } {
  const stats = statSync(path);
  return { mode: stats.mode, size: stats.size, isFile: stats.isFile() };
}
