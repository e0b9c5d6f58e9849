// The executable that `pounce build` starts from: this one, or one for another system.
import { readFileSync } from "node:fs";
import { messageOf } from "../errors/message-of.ts";
import { isMadeFrom, targetOf, type TargetName } from "./executable.ts";

/** The executable that another is made from. */
export interface Base {
  readonly ok: true;
  readonly target: TargetName;
  /** Undefined: this executable. */
  readonly path: string | undefined;
}

/**
 * Reads the executable at `base`, or this one, and finds out which system it is for. Says in one
 * line what is wrong with it: it is not an executable of ours, has another Bun, or is not for
 * `target`.
 */
export function readBase(
  base: string | undefined,
  target: TargetName | undefined,
): Base | { readonly ok: false; error: string } {
  const path = base ?? process.execPath;
  let executable: Buffer;
  try {
    executable = readFileSync(path);
  } catch (error) {
    return { ok: false, error: `--base: ${messageOf(error)}` };
  }
  const found = targetOf(executable);
  if (found === undefined) {
    return { ok: false, error: `--base: ${path} is not an executable of pounce` };
  }
  if (!isMadeFrom(executable, Bun.version)) {
    const error = `--base: ${path} is not built with Bun ${Bun.version}, as this pounce is`;
    return { ok: false, error };
  }
  if (target !== undefined && target !== found) {
    const remedy = `name pounce's executable for ${target} with --base`;
    return { ok: false, error: `--target: ${path} is for ${found}; ${remedy}` };
  }
  return { ok: true, target: found, path: base };
}
