// Whether a program's own files read `PORT`: then its main server asks for pounce's port, even if
// the program first starts one for metrics, and takes long to reach its database.
import { readFileSync } from "node:fs";
import { ProgramFiles } from "./program-files.ts";

/** `process.env["PORT"]`, `const { PORT = 80 } = process.env`, `config.get("PORT")`. */
const READS_PORT = [
  /\benv\b[^;\n]{0,40}\bPORT\b/,
  /\bPORT\b[^;\n=]{0,20}(?:=[^;\n=]{0,20})?\}\s*=[^;\n]{0,20}\benv\b/,
  /["'`]PORT["'`]/,
];
/** More files than most programs have. */
const MOST_FILES = 500;

/** Whether a file with this text reads `PORT` from its environment, or seems to. */
export function readsPort(text: string): boolean {
  return READS_PORT.some((it) => it.test(text));
}

/**
 * Whether any of the program's own files does, as far as imports lead to it.
 * @param entry the program's main file; "": it is inside the executable
 */
export function heedsPort(entry: string): boolean {
  const main = entry === "" ? Bun.main : entry;
  const files = new ProgramFiles(main);
  const found = new Set([main]);
  for (const file of found) {
    const text = textOf(file);
    if (readsPort(text)) return true;
    for (const path of files.ownImports(file, text)) {
      if (found.size < MOST_FILES) found.add(path);
    }
  }
  return false;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
