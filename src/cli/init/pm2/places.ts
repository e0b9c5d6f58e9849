// Paths as PM2 means them, turned into paths as pounce.toml means them.
import { homedir } from "node:os";
import { relative } from "node:path";
import { absolutePath } from "../../../os/paths.ts";

/** Where the paths of an app start, and where the file goes that names them. All absolute. */
export interface Places {
  /** The folder in which PM2 would run the app. */
  readonly cwd: string;
  /** The folder of pounce.toml. */
  readonly output: string;
}

/** The absolute path; `~` is the user's own folder. */
export function pm2Path({ cwd }: Pick<Places, "cwd">, path: string): string {
  const isHome = path === "~" || path.startsWith("~/");
  return absolutePath(cwd, isHome ? `${homedir()}${path.slice(1)}` : path);
}

/** How pounce.toml names a path: from its own folder if it is inside, so that both can move. */
export function tomlPath({ output }: Pick<Places, "output">, absolute: string): string {
  const inside = relative(output, absolute);
  if (inside === "") return ".";
  return inside.startsWith("..") ? absolute : `./${inside}`;
}
