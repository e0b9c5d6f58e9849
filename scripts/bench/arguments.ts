// What the command line names, looked at before anything is measured.
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../src/errors/message-of.ts";
import { versionOf } from "./record.ts";

/** Throws unless the file is an executable of pounce. */
export function demandPounce(path: string): void {
  try {
    accessSync(path, constants.X_OK);
    if (!statSync(path).isFile()) throw new Error("not a file");
  } catch (error) {
    throw new Error(`${path}: no executable: ${messageOf(error)}`, { cause: error });
  }
  const [said = ""] = versionOf(path).split("\n", 1);
  if (!said.startsWith("pounce ")) {
    throw new Error(`${path}: not pounce: its --version says "${said}", not "pounce ..."`);
  }
}

/** Throws unless the file can be written. */
export function demandWritable(path: string): void {
  try {
    const exists = existsSync(path);
    if (exists && !statSync(path).isFile()) throw new Error("not a file");
    if (!exists && !statSync(dirname(path)).isDirectory()) throw new Error("not in a folder");
    accessSync(exists ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw new Error(`${path}: cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
