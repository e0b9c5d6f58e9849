// Where a server is installed, as a unit for it must say: the executable, its configuration, and
// the user who may read both.
import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { isFile } from "../../os/paths.ts";

export interface Place {
  /** Absolute, as is `config`. */
  readonly executable: string;
  readonly config: string;
  /** Who owns the files, by name or number, if others may not read them; undefined: all may. */
  readonly owner: string | undefined;
  /** Whether pounce has been run from a folder that will not stay, and is still to be installed. */
  readonly isPassing?: true;
}

/** What the templates say, and what the manual says too. */
export const USUAL_PLACE: Place = {
  executable: "/usr/local/bin/pounce",
  config: "/srv/pounce/pounce.toml",
  owner: undefined,
};

/** Folders in which npx, pnpm dlx and bunx keep what they run, for a while. */
const PASSING = /\/_npx\/|\/dlx[-/]|\/bunx-/;

/**
 * The place of the first pounce.toml that is in one of the folders; where there is none, the usual
 * place.
 * @param folders absolute
 * @param own the executable of this pounce, absolute; if it will not stay, the usual one is taken
 */
export function placeIn(folders: readonly string[], own: string): Place {
  const config = folders.map((folder) => join(folder, "pounce.toml")).find(isFile);
  if (config === undefined) return USUAL_PLACE;
  const ownerUnless = (isOpen: boolean) => (isOpen ? undefined : ownerOf(config));
  if (PASSING.test(own)) {
    const owner = ownerUnless(isReadableByAnybody(config));
    return { executable: USUAL_PLACE.executable, config, owner, isPassing: true };
  }
  const owner = ownerUnless([own, config].every(isReadableByAnybody));
  return { executable: own, config, owner };
}

function ownerOf(path: string): string {
  const { uid } = statSync(path);
  const me = userInfo();
  return uid === me.uid ? me.username : String(uid);
}

const OTHERS_READ = 0o004;
const OTHERS_ENTER = 0o001;

/** Whether its mode and those of the folders above let everybody read it. */
export function isReadableByAnybody(path: string): boolean {
  return (statSync(path).mode & OTHERS_READ) !== 0 && isEnteredByAnybody(dirname(path));
}

/** Whether everybody may enter a folder, and those above. */
export function isEnteredByAnybody(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & OTHERS_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
