// Files that say which module an import finds, without being modules: package.json (`main`,
// `exports`, `imports`, `type`) and tsconfig.json (`paths`, and how it is compiled). They belong to
// what a generation is made of. One that is added where there was none is not noticed.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { configIn } from "../../tsconfig/start-folder.ts";

const EXTENDS = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/;

export class Manifests {
  readonly #folders = new Set<string>();
  readonly #told = new Set<string>();

  /** Those of a module that have not been told yet. @param path absolute, without links */
  of(path: string): string[] {
    const folder = dirname(path);
    if (this.#folders.has(folder)) return [];
    this.#folders.add(folder);
    const all = path.includes("/node_modules/") ? ofPackage(folder) : ofApp(folder);
    const found = all.filter((file) => !this.#told.has(file));
    for (const file of found) this.#told.add(file);
    return found;
  }
}

/** All in the package: the outermost says what its name means, and one inside how it is read. */
function ofPackage(folder: string): string[] {
  const above = dirname(folder);
  const isTop = above === folder || basename(above) === "node_modules";
  return [...manifestIn(folder), ...(isTop ? [] : ofPackage(above))];
}

/** The nearest of each kind. */
function ofApp(folder: string): string[] {
  const folders = upward(folder);
  const [config] = folders.flatMap((it) => configIn(it) ?? []);
  const manifests = folders.flatMap(manifestIn).slice(0, 1);
  return config === undefined ? manifests : [...manifests, ...withBases(config)];
}

function upward(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upward(above)];
}

function manifestIn(folder: string): string[] {
  const manifest = join(folder, "package.json");
  return existsSync(manifest) ? [manifest] : [];
}

/** A configuration file, and those that it extends by a path, each once. */
function withBases(config: string, known = new Set<string>()): string[] {
  if (known.has(config)) return [];
  known.add(config);
  const list = EXTENDS.exec(textOf(config))?.[1] ?? "";
  const bases = [...list.matchAll(/"(\.[^"]*)"/g)].map(([, named = ""]) => {
    const base = resolve(dirname(config), named);
    return base.endsWith(".json") ? base : `${base}.json`;
  });
  return [config, ...bases.flatMap((base) => withBases(base, known))];
}

/** Empty, where there is none that can be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
