// Which files are the program's own, and which are a package's.
import { builtinModules } from "node:module";
import { dirname } from "node:path";

/** Up to the name of the innermost package, which may have a scope. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

export class ProgramFiles {
  readonly #own: string;

  /** @param entry the program's main file; it may be in a package that was installed */
  constructor(readonly entry: string) {
    this.#own = packageOf(entry);
  }

  /** Whether a file is the program's own. */
  has(file: string): boolean {
    const its = packageOf(file);
    return its === "" || its === this.#own;
  }

  /**
   * Whether one file, with this text, is all there is of the program besides packages, as what a
   * bundler makes.
   */
  isAlone(file: string, text: string): boolean {
    const loader = /\.[cm]?tsx?$/.test(file) ? "tsx" : "jsx";
    const imports = new Bun.Transpiler({ loader }).scanImports(text);
    return imports.every(({ path }) => !this.#isOwnImport(path, dirname(file)));
  }

  #isOwnImport(path: string, folder: string): boolean {
    if (path.startsWith("node:") || builtinModules.includes(path)) return false;
    try {
      return this.has(Bun.resolveSync(path, folder));
    } catch {
      // A package that is not installed, or a file that is not there yet.
      return path.startsWith(".") || path.startsWith("/");
    }
  }
}

/** The package that a file is in; "": none. */
function packageOf(file: string): string {
  return PACKAGE.exec(file)?.[0] ?? "";
}
