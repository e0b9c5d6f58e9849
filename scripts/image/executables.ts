// Where the executable of a platform comes from: a path that is given, the archive of a release, or
// else the compiler.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { COMPILE_FLAGS, commitOf } from "../build.ts";
import type { Platform } from "./platforms.ts";

export interface Source {
  readonly root: string;
  readonly version: string;
  /** A folder for what is unpacked or compiled. */
  readonly work: string;
  /** Paths by platform, over all else. */
  readonly given: ReadonlyMap<string, string>;
}

/** The path of the executable. Throws when it cannot be had. */
export function executableFor(platform: Platform, source: Source): string {
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

/** As `bun run build` does, for another platform. */
function compile({ bun }: Platform, { root, work }: Source): string {
  const outfile = join(work, "pounce");
  const commit = `POUNCE_BUILD_COMMIT=${JSON.stringify(commitOf(root))}`;
  const what = ["--define", commit, join(root, "src", "main.ts"), "--outfile", outfile];
  const result = Bun.spawnSync(
    [process.execPath, "build", ...COMPILE_FLAGS, `--target=${bun}`, ...what],
    { cwd: root },
  );
  if (result.exitCode !== 0) throw new Error(`bun build failed:\n${result.stderr.toString()}`);
  return outfile;
}
