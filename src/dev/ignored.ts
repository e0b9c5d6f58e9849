// Which files git ignores: by .gitignore of each folder, .git/info/exclude, and the user's own
// file.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** No source is in these, whatever git has been told. */
const NEVER = new Set([".git", ".hg", ".svn", "node_modules"]);

export class Ignored {
  /** By folder; undefined: it has none. */
  readonly #rules = new Map<string, Ignore | undefined>();

  /** @param root the folder of the whole project */
  constructor(readonly root: string) {}

  /** The rules have changed. */
  forget(): void {
    this.#rules.clear();
  }

  /** Whether git ignores what is at `path`, or a folder that it is in. */
  has(path: string, isFolder: boolean): boolean {
    const names = relative(this.root, path).split(sep);
    if (names[0] === ".." || names.some((name) => NEVER.has(name))) return true;
    return names.some((_, depth) =>
      this.#isNamed(names.slice(0, depth + 1), isFolder || depth < names.length - 1),
    );
  }

  /** The same for what is in a folder that is not ignored. */
  hasBelow(path: string, isFolder: boolean): boolean {
    const names = relative(this.root, path).split(sep);
    return NEVER.has(names.at(-1) ?? "") || this.#isNamed(names, isFolder);
  }

  /** Whether the rules name it. Those of the nearest folder have the last word. */
  #isNamed(names: readonly string[], isFolder: boolean): boolean {
    let isNamed = false;
    for (let depth = 0; depth < names.length; depth++) {
      const rules = this.#rulesOf(join(this.root, ...names.slice(0, depth)));
      if (rules === undefined) continue;
      const path = names.slice(depth).join("/") + (isFolder ? "/" : "");
      const verdict = rules.test(path);
      if (verdict.ignored) isNamed = true;
      else if (verdict.unignored) isNamed = false;
    }
    return isNamed;
  }

  #rulesOf(folder: string): Ignore | undefined {
    if (this.#rules.has(folder)) return this.#rules.get(folder);
    const texts = [textOf(join(folder, ".gitignore"))];
    if (folder === this.root) {
      const config = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
      // The last one has the last word.
      texts.unshift(textOf(join(config, "git", "ignore")));
      texts.splice(1, 0, textOf(join(folder, ".git", "info", "exclude")));
    }
    const text = texts.join("\n");
    const rules = text.trim() === "" ? undefined : ignore().add(text);
    this.#rules.set(folder, rules);
    return rules;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
