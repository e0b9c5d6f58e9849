// Builds this source as another version, for tests of two versions of pounce together, or with
// changes that make it fail where it normally never does.
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeModules } from "./fixtures.ts";

export interface OtherVersion {
  /** The executable's path. */
  readonly binary: string;
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Builds, in a temporary folder, an executable that calls itself `version`.
 * @param change changes the copy of the source, which is in `dir`
 */
export async function buildVersion(
  version: string,
  change: (dir: string) => Promise<void> = async () => undefined,
): Promise<OtherVersion> {
  const dir = await mkdtemp(join(tmpdir(), "pounce-version-"));
  for (const name of ["src", "scripts", "tsconfig.json"]) {
    await cp(join(root, name), join(dir, name), { recursive: true });
  }
  await change(dir);
  await symlink(nodeModules, join(dir, "node_modules"));
  const manifest = (await Bun.file(join(root, "package.json")).json()) as Record<string, unknown>;
  await Bun.write(join(dir, "package.json"), JSON.stringify({ ...manifest, version }));
  const build = Bun.spawn([process.execPath, join(dir, "scripts", "build.ts")], { stderr: "pipe" });
  const problems = await new Response(build.stderr).text();
  if ((await build.exited) !== 0) {
    throw new Error(`version ${version} cannot be built:\n${problems}`);
  }
  return {
    binary: join(dir, "dist", "pounce"),
    remove: () => rm(dir, { recursive: true }),
  };
}
