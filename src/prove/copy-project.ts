// A copy of the app's project, for bad versions: the user's own files are never touched.
import {
  copyFileSync,
  type Dirent,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { refusal } from "../os/refusal.ts";

/** What is copied at most: a project has less, a folder of many projects more. */
const MOST_FILES = 20_000;
const MOST_BYTES = 500 * 1024 * 1024;

/** What marks the folder of a project. */
const MARKS = ["package.json", ".git", "bun.lock", "deno.json"];

/** The folder of the project that a module belongs to: the nearest one above that has a mark. */
export function projectOf(entry: string): string {
  const own = dirname(entry);
  for (let folder = own; ; folder = dirname(folder)) {
    if (MARKS.some((mark) => existsSync(join(folder, mark)))) return folder;
    if (folder === dirname(folder)) return own;
  }
}

/** Why a folder is not copied, whatever is in it. */
export function folderRefusal(folder: string, home = homedir()): string | undefined {
  if (folder === "/" || folder === home) {
    return `${folder} is not copied: put the app into a folder of its own`;
  }
  return undefined;
}

/**
 * Copies a project. Packages are linked, and so are folders that git ignores, except where the
 * entry is: they are often large, and what a build has made is needed. A file that git ignores is
 * copied, as the app may write to it: a database. `.git` is left out.
 *
 * @param entry the app's module, in `folder`
 * @param target does not exist yet
 * @returns what is wrong; undefined: it is copied
 */
export function copyProject(folder: string, entry: string, target: string): string | undefined {
  try {
    return new Copy(folder, entry).copyFolder(folder, target);
  } catch (error) {
    return `${folder} cannot be copied: ${refusal(error)}`;
  }
}

class Copy {
  readonly #ignored: ReadonlySet<string>;
  #files = 0;
  #bytes = 0;

  constructor(
    readonly project: string,
    readonly entry: string,
  ) {
    this.#ignored = ignoredIn(project);
  }

  /** @returns what is wrong; undefined: it is copied. May throw. */
  copyFolder(from: string, to: string): string | undefined {
    mkdirSync(to, { recursive: true });
    for (const item of readdirSync(from, { withFileTypes: true })) {
      const problem = item.name === ".git" ? undefined : this.#copy(item, from, to);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #copy(item: Dirent, from: string, to: string): string | undefined {
    const [source, place] = [join(from, item.name), join(to, item.name)];
    if (item.isSymbolicLink()) {
      symlinkSync(linkOf(source, this.project), place);
    } else if (this.#isLinked(source, item)) {
      symlinkSync(source, place);
    } else if (item.isDirectory()) {
      return this.copyFolder(source, place);
    } else if (item.isFile()) {
      this.#files += 1;
      this.#bytes += lstatSync(source).size;
      if (this.#files > MOST_FILES || this.#bytes > MOST_BYTES) return tooLarge(this.project);
      copyFileSync(source, place);
    }
    return undefined;
  }

  #isLinked(path: string, item: Dirent): boolean {
    const hasEntry = `${this.entry}/`.startsWith(`${path}/`);
    const isLinked = item.name === "node_modules" || this.#ignored.has(path);
    return item.isDirectory() && isLinked && !hasEntry;
  }
}

function tooLarge(folder: string): string {
  const most = `${MOST_FILES} files or ${MOST_BYTES / 1024 / 1024} MiB`;
  return (
    `${folder} has more than ${most} outside of folders that git ignores: a package.json in ` +
    "the app's own folder makes that the project"
  );
}

/** Where a link leads, from its new place: out of the project it leads where it did. */
function linkOf(source: string, folder: string): string {
  const link = readlinkSync(source);
  const goal = resolve(dirname(source), link);
  const isInside = !relative(folder, goal).startsWith("..");
  return isInside || isAbsolute(link) ? link : goal;
}

/** What git ignores in a folder, absolute; nothing where git is not used. */
function ignoredIn(folder: string): ReadonlySet<string> {
  try {
    const options = ["--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    const { stdout, success } = Bun.spawnSync(["git", "-C", folder, "ls-files", ...options]);
    if (!success) return new Set();
    const names = stdout
      .toString()
      .split("\0")
      .filter((name) => name !== "");
    return new Set(names.map((name) => join(folder, name.replace(/\/$/, ""))));
  } catch {
    return new Set(); // There is no git.
  }
}
