// The npm packages: `pounce`, with a launcher, and one for each target, with its executable. An
// archive of npm is a tar with everything below `package/`; ours depends only on its content, which
// that of `npm pack` does not (it compresses differently from version to version).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, file, tarGz } from "../archive.ts";
import { TARGETS } from "../release/targets.ts";
import { mainManifest, type Manifest, platformManifest } from "./manifests.ts";
import type { Ingredients, PackageFile } from "./package.ts";

/** The archives, those of the platforms first: in this order they can be published. */
export async function npmPackages({ root, built, seconds }: Ingredients): Promise<PackageFile[]> {
  const text = (path: string, name: string, mode?: number): Entry =>
    file(name, readFileSync(join(root, path)), mode);
  const license = text("LICENSE", "LICENSE");
  const platforms = built.map(({ target, executable }) =>
    archive(
      platformManifest(target),
      [license, file("bin/pounce", readFileSync(executable), 0o755)],
      seconds,
    ),
  );
  const own = [
    license,
    text("README.md", "README.md"),
    text("scripts/package/launcher.sh", "bin/pounce", 0o755),
  ];
  return [...platforms, archive(mainManifest(TARGETS), own, seconds)];
}

/** An archive, named as `npm pack` names it. */
function archive(manifest: Manifest, entries: readonly Entry[], seconds: number): PackageFile {
  const json = file("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
  const all = [json, ...entries].map(({ path, content, mode }) => {
    return { path: `package/${path}`, content, mode };
  });
  const name = manifest.name.replace("@", "").replace("/", "-");
  return { path: `npm/${name}-${manifest.version}.tgz`, content: tarGz(all, seconds) };
}
