// What the kernel says that a process does: it runs, or waits for something. That is all that can
// be known of one whose event loop does not turn, since no JavaScript runs in it that could tell.
import { readFileSync } from "node:fs";

/** By the letter in /proc/PID/stat. */
const STATES: Readonly<Record<string, string>> = {
  R: "it runs without a pause, as in an endless loop",
  S: "it waits for something without letting its event loop turn",
  D: "it waits in the kernel, as for a disk",
  T: "it was stopped by a signal",
  t: "a debugger has stopped it",
};

export interface Doing {
  /** For people; `undefined`: something else. */
  readonly words: string | undefined;
  /** It runs, or would if there were a processor for it. */
  readonly isRunnable: boolean;
  /** For how long it has run so far, in nanoseconds; `undefined`: unknown. */
  readonly ranNs: number | undefined;
}

/** Of the main thread. `undefined`: the process is gone. */
export function doingOf(pid: number): Doing | undefined {
  // The name before the letter may hold anything, parentheses too.
  const letter = read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.[0];
  if (letter === undefined) return undefined;
  const isRunnable = letter === "R";
  const [ran] = read(`/proc/${pid}/schedstat`)?.split(" ") ?? [];
  const ranNs = ran === undefined ? undefined : Number(ran);
  return { words: wordsFor(letter, pid), isRunnable, ranNs };
}

function wordsFor(letter: string, pid: number): string | undefined {
  const words = STATES[letter];
  const place = letter === "S" || letter === "D" ? read(`/proc/${pid}/wchan`) : undefined;
  const isKnown = place !== undefined && place !== "" && place !== "0";
  return words && (isKnown ? `${words} (${place})` : words);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
