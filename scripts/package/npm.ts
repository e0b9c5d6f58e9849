// The npm packages: `pounce`, with a launcher, and one for each target, with its executable. An
// archive of npm is a tar with everything below `package/`; ours depends only on its content, which
// that of `npm pack` does not (it compresses differently from version to version).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { schemaText } from "../../src/config/schema/json-schema.ts";
import { type Entry, file, tarGz } from "../archive.ts";
import { TARGETS } from "../release/targets.ts";
import { mainManifest, type Manifest, platformManifest } from "./manifests.ts";
import type { Ingredients, PackageFile } from "./package.ts";

/**
 * What `import "pounce"` gives: compilers leave such an import when they remove
 * `import { type App } from "pounce"`, so it must not fail.
 */
const EMPTY_MODULE = '"use strict"; // This package has a program and types: there is no code.\n';

/** The shell script that starts the executable for the system it is on. */
export function launcher(root: string, version: string): string {
  const text = readFileSync(join(root, "scripts/package/launcher.sh"), "utf8");
  const names = TARGETS.map(({ name }) => name).join(" ");
  return text.replaceAll("VERSION", version).replaceAll("TARGETS", names);
}

/** The archives, those of the platforms first: in this order they can be published. */
export async function npmPackages({
  root,
  version,
  built,
  seconds,
}: Ingredients): Promise<PackageFile[]> {
  const text = (path: string, name: string, mode?: number): Entry =>
    file(name, readFileSync(join(root, path)), mode);
  const license = text("LICENSE", "LICENSE");
  const platforms = built.map(({ target, executable }) =>
    archive(
      platformManifest(target, version),
      [license, file("bin/pounce", readFileSync(executable), 0o755)],
      seconds,
    ),
  );
  const own = [
    license,
    text("README.md", "README.md"),
    file("bin/pounce", launcher(root, version), 0o755),
    text("src/types.ts", "index.d.ts"),
    file("index.js", EMPTY_MODULE),
    file("pounce.schema.json", schemaText()),
  ];
  return [...platforms, archive(mainManifest(TARGETS, version), own, seconds)];
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
