// What is asked of the file system about a program that PM2 starts.
import { readdirSync } from "node:fs";
import { readText } from "../../../config/sources/text.ts";
import { isFile, isFolder } from "../../../os/paths.ts";

/** All paths are absolute. */
export interface Files {
  isFile(path: string): boolean;
  isFolder(path: string): boolean;
  /** The whole text; undefined: there is none that can be read. */
  text(path: string): string | undefined;
  /** The file that a folder stands for as a module. */
  entryOf(folder: string): string | undefined;
}

export const REAL_FILES: Files = {
  isFile,
  isFolder,
  text(path) {
    const text = readText(path);
    return typeof text === "string" ? text : undefined;
  },
  entryOf(folder) {
    try {
      readdirSync(folder);
      return Bun.resolveSync(folder, "/");
    } catch {
      return undefined;
    }
  },
};
