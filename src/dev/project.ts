// The project that an app belongs to: its root, its files, and those that say how it is built.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { configIn } from "../tsconfig/start-folder.ts";
import type { Ignored } from "./ignored.ts";

/** More is hardly source, and takes too long to look through. */
const MOST_FILES = 20_000;

/** What packages are installed by. */
const LOCK_FILES = ["bun.lock", "bun.lockb", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"];

/** All folders from one upward. */
export function upward(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upward(above)];
}

/**
 * The folder of the repository, or else of the workspace or the package that a folder belongs to,
 * or itself.
 */
export function projectRoot(folder: string): string {
  const folders = upward(folder);
  const withFile = (name: string) => folders.find((it) => existsSync(join(it, name)));
  return withFile(".git") ?? folders.find(isWorkspace) ?? withFile("package.json") ?? folder;
}

function isWorkspace(folder: string): boolean {
  if (existsSync(join(folder, "pnpm-workspace.yaml"))) return true;
  try {
    return readFileSync(join(folder, "package.json"), "utf8").includes('"workspaces"');
  } catch {
    return false;
  }
}

/** Whether it is the folder of an installed package, or of a scope of packages. */
export function isPackage(path: string): boolean {
  return /\/node_modules\/(@[^/]+\/)?[^/]+$/.test(path);
}

/** The folders that packages are installed in, for modules in `folder`. */
export function packageFolders(folder: string): string[] {
  const packages = upward(folder).map((it) => join(it, "node_modules"));
  const scopes = packages.flatMap((it) =>
    entriesOf(it).flatMap(({ name }) => (name.startsWith("@") ? [join(it, name)] : [])),
  );
  return [...packages, ...scopes];
}

/**
 * Files that decide how an app runs without being modules of it: package.json and what packages
 * were installed by, tsconfig.json and the files that it extends, but for those of packages.
 */
export function buildFiles(folder: string, root: string): string[] {
  const inside = upward(folder).filter((it) => it.startsWith(root));
  const names = ["package.json", ...LOCK_FILES];
  const found = inside.flatMap((it) => names.map((name) => join(it, name)).filter(existsSync));
  const config = upward(folder).flatMap((it) => configIn(it) ?? [])[0];
  return config === undefined ? found : [...found, ...withBases(config)];
}

function withBases(config: string, depth = 0): string[] {
  if (depth > 8) return [config];
  const [, list = ""] = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(textOf(config)) ?? [];
  const bases = [...list.matchAll(/"(\.[^"]*)"/g)].map(([, named = ""]) => {
    const base = resolve(dirname(config), named);
    return base.endsWith(".json") ? base : `${base}.json`;
  });
  return [config, ...bases.flatMap((base) => withBases(base, depth + 1))];
}

/** Empty, where there is none that can be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** All files below a folder that are not ignored, and their folders. */
export function filesBelow(
  top: string,
  ignored: Pick<Ignored, "hasBelow"> | undefined,
): { readonly files: string[]; readonly folders: string[] } {
  const files: string[] = [];
  const folders: string[] = [];
  const waiting = [top];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    folders.push(folder);
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      const isFolder = entry.isDirectory();
      if (ignored?.hasBelow(path, isFolder) ?? /^(\.git|node_modules)$/.test(entry.name)) continue;
      if (isFolder) waiting.push(path);
      else files.push(path);
    }
    if (files.length > MOST_FILES) break;
  }
  return { files, folders };
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
