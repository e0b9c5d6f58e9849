// What a copied project finds above it, as it did in its own place: the packages of a workspace,
// its other members, and the files that those and the project share.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Links all of that into the folders above the copy. May throw. */
export function linkAround(project: string, root: string): void {
  const top = workspaceOf(project);
  let below = project;
  for (const folder of foldersAbove(project)) {
    const place = join(root, folder);
    mkdirSync(place, { recursive: true });
    const isInside = `${folder}/`.startsWith(`${top}/`);
    const names = isInside ? readdirSync(folder) : ["node_modules"];
    for (const name of names) {
      const source = join(folder, name);
      const isLinked = source !== below && name !== ".git" && existsSync(source);
      if (isLinked) symlinkSync(source, join(place, name));
    }
    below = folder;
  }
}

/** The folder of the workspace or repository that a project is in; its own if it is in none. */
export function workspaceOf(project: string, home = homedir()): string {
  for (const folder of [project, ...foldersAbove(project)]) {
    if (folder === home) break;
    if (isWorkspace(folder)) return folder;
  }
  return project;
}

/** From the nearest on, without the root of the file system. */
function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === dirname(above) ? [] : [above, ...foldersAbove(above)];
}

function isWorkspace(folder: string): boolean {
  const marks = [".git", "pnpm-workspace.yaml"];
  return marks.some((mark) => existsSync(join(folder, mark))) || hasWorkspaces(folder);
}

function hasWorkspaces(folder: string): boolean {
  try {
    return /"workspaces"\s*:/.test(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return false; // It has none.
  }
}
