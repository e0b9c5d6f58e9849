// The file that a path stands for, as Node finds it: `node dist/main`, `node .`.
import type { Files } from "./files.ts";

/** Tried in this order. */
const ENDINGS = ["", ".js", ".cjs", ".mjs", ".ts", ".mts", ".cts"];

/** @param path absolute; @returns undefined: there is none */
export function moduleFile(path: string, files: Files): string | undefined {
  const file = ENDINGS.map((ending) => path + ending).find((it) => files.isFile(it));
  if (file !== undefined) return file;
  const entry = files.isFolder(path) ? files.entryOf(path) : undefined;
  return entry !== undefined && files.isFile(entry) ? entry : undefined;
}
