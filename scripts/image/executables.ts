// Finds the executable of a platform: at a given path, in the archive of a release, or else by
// compiling it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "../build.ts";
import { installBases, targetsNamed } from "../release/targets.ts";
import type { Platform } from "./platforms.ts";

interface Source {
  readonly root: string;
  readonly version: string;
  /** A folder for what is unpacked or compiled. */
  readonly work: string;
  /** Paths by platform, which win over everything else. */
  readonly given: ReadonlyMap<string, string>;
}

/** Resolves with the path of the executable. Rejects if there is none. */
export async function executableFor(platform: Platform, source: Source): Promise<string> {
  const given = source.given.get(platform.name);
  if (given !== undefined) {
    if (!existsSync(given)) throw new Error(`${given}: is not there`);
    return given;
  }
  const archive = `pounce-${source.version}-${platform.release}.tar.gz`;
  const released = join(source.root, "dist", "release", archive);
  return existsSync(released) ? unpack(released, source.work) : compile(platform, source);
}

function unpack(archive: string, work: string): string {
  const result = Bun.spawnSync(["tar", "-xzf", archive, "-C", work, "pounce"]);
  if (result.exitCode !== 0) throw new Error(`${archive}: ${result.stderr.toString().trim()}`);
  return join(work, "pounce");
}

/** As a release does. */
function compile({ release }: Platform, { root, work }: Source): Promise<string> {
  const targets = targetsNamed([release]);
  const baseOf = installBases(root, targets);
  const [target] = targets;
  if (target === undefined) throw new Error(`${release}: no such target`);
  return build(join(work, "pounce"), { name: target.bun, base: baseOf(target) });
}
