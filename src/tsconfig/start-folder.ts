// Which tsconfig.json belongs to an app, and which folder its workers are started in for it.
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { absolutePath } from "../os/paths.ts";
import type { AppSource } from "../ipc/messages.ts";

/** In the order in which Bun tries them for a module that is named without its extension. */
const EXTENSIONS = [".tsx", ".jsx", ".mts", ".ts", ".mjs", ".js", ".cts", ".cjs"];

/** The configuration file that Bun reads in a folder. */
export function configIn(folder: string): string | undefined {
  return ["tsconfig.json", "jsconfig.json"]
    .map((name) => join(folder, name))
    .find((file) => existsSync(file));
}

/** Where an app is. */
export type AppPlace = Pick<AppSource, "label" | "isEmbedded" | "file" | "module" | "base">;

/**
 * The folder to start an app's workers in: that of the nearest configuration file, from the app
 * upward, or `folder` if there is none. Bun reads such a file's JSX settings only in the folder
 * that a process is started in.
 * @param folder the one that the workers run in
 */
export function startFolder(app: AppPlace, folder: string): string {
  if (app.label === undefined || app.isEmbedded) return folder;
  for (let above = folderOf(app); ; above = dirname(above)) {
    if (configIn(above) !== undefined) return above;
    if (above === dirname(above)) return folder;
  }
}

/** The file of a module, named with its extension or without it; undefined: there is none. */
export function foundAt(path: string): string | undefined {
  const names = [path, ...EXTENSIONS.map((extension) => path + extension)];
  return names.find((name) => existsSync(name));
}

/**
 * The real folder of the app's module, with links followed; for a missing module, where it would
 * be.
 */
function folderOf({ file, module, base }: AppPlace): string {
  const path = file ?? absolutePath(base, module);
  const found = foundAt(path);
  if (found === undefined) return dirname(path);
  const real = realpathSync(found);
  return statSync(real).isDirectory() ? real : dirname(real);
}
