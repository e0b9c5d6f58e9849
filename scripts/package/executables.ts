// The executables that packages are made of, one a target. They stay in dist/executables, and are
// used again by a later run on the same commit, if no file differed from it.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, commitOf } from "../build.ts";
import { installBases, type Target } from "../release/targets.ts";

/** An executable that is there. */
export interface Built {
  readonly target: Target;
  /** The file. */
  readonly executable: string;
}

/** Builds what cannot be used again. Throws with the output of what failed. */
export async function executables(root: string, targets: readonly Target[]): Promise<Built[]> {
  const commit = commitOf(root);
  const isExact = commit !== "unknown" && !commit.endsWith("-dirty");
  const folderOf = ({ name }: Target): string => join(root, "dist", "executables", name);
  const stampOf = (target: Target): string => join(folderOf(target), "commit");
  const isMade = (target: Target): boolean =>
    isExact && existsSync(stampOf(target)) && readFileSync(stampOf(target), "utf8") === commit;
  const missing = targets.filter((target) => !isMade(target));
  const baseOf = missing.length === 0 ? undefined : installBases(root, missing);
  for (const target of missing) {
    rmSync(folderOf(target), { recursive: true, force: true });
    const base = baseOf?.(target) ?? "";
    await build(join(folderOf(target), "pounce"), { name: target.bun, base });
    if (isExact) writeFileSync(stampOf(target), commit);
  }
  return targets.map((target) => ({ target, executable: join(folderOf(target), "pounce") }));
}
