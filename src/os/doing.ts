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

/** `undefined`: the process is gone, or does something else. */
export function doingOf(pid: number): string | undefined {
  // The name before the letter may hold anything, parentheses too.
  const [letter = ""] = read(`/proc/${pid}/stat`)?.split(") ").at(-1) ?? "";
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
