// Whether a link leads to the app that a worker has loaded.
import { resolve } from "node:path";
import type { AppPlace } from "../../core/app-place.ts";
import type { AppSource } from "../../ipc/messages.ts";

/**
 * @param file what was loaded, without links; "": it is inside the executable
 * @returns undefined: it is in no file of its own
 */
export function placeOf(
  { module, base }: Pick<AppSource, "module" | "base">,
  file: string,
): AppPlace | undefined {
  if (file === "") return undefined;
  const named = resolve(base, module);
  const stem = named.replace(/\.[^./]*$/, "");
  // The extension may be left out, or another one; and a folder stands for a file in it.
  const isThere = file.startsWith(`${named}/`) || /^(\.[^/]*)?$/.test(after(file, stem));
  return isThere ? { path: file } : { path: file, link: named };
}

/** What follows `start` in a path; if it does not start so, all of it. */
function after(path: string, start: string): string {
  return path.startsWith(start) ? path.slice(start.length) : path;
}
