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
    return importsOf(file, text).every((path) => !this.#isOwnImport(path, dirname(file)));
  }

  /** The program's own files that a file with this text imports. It never throws. */
  ownImports(file: string, text: string): string[] {
    try {
      return importsOf(file, text).flatMap((path) => this.#ownImport(path, dirname(file)) ?? []);
    } catch {
      return []; // It is no JavaScript.
    }
  }

  #ownImport(path: string, folder: string): string | undefined {
    if (isBunsOwn(path)) return undefined;
    try {
      const file = Bun.resolveSync(path, folder);
      return this.has(file) ? file : undefined;
    } catch {
      return undefined;
    }
  }

  #isOwnImport(path: string, folder: string): boolean {
    if (isBunsOwn(path)) return false;
    try {
      return this.has(Bun.resolveSync(path, folder));
    } catch {
      // A package that is not installed, or a file that is not there yet.
      return path.startsWith(".") || path.startsWith("/");
    }
  }
}

function importsOf(file: string, text: string): string[] {
  const loader = /\.[cm]?tsx?$/.test(file) ? "tsx" : "jsx";
  return new Bun.Transpiler({ loader }).scanImports(text).map(({ path }) => path);
}

function isBunsOwn(path: string): boolean {
  return path.startsWith("node:") || builtinModules.includes(path);
}

/** The package that a file is in; "": none. */
function packageOf(file: string): string {
  return PACKAGE.exec(file)?.[0] ?? "";
}
