// The modules that this executable was compiled from, read back from it so that they can be
// compiled again with an app. They are as the bundler left them: minified, each naming the others
// by their place in the executable.
import { readFileSync } from "node:fs";

/** Where Bun shows the files inside an executable. */
const INSIDE = "/$bunfs/root/";

/** Modules by their file name; `entry` is the name of the one that runs first. */
export interface OwnModules {
  readonly entry: string;
  readonly texts: ReadonlyMap<string, string>;
}

/** @returns undefined when this is not an executable, but runs from its sources */
export function ownModules(): OwnModules | undefined {
  if (!Bun.main.startsWith(INSIDE)) return undefined;
  const texts = new Map<string, string>();
  const transpiler = new Bun.Transpiler({ loader: "js" });
  const collect = (path: string): void => {
    const name = fileName(path);
    if (texts.has(name)) return;
    const text = readFileSync(path, "utf8");
    texts.set(name, asSource(text));
    for (const imported of transpiler.scanImports(text)) {
      if (imported.path.startsWith(INSIDE)) collect(imported.path);
    }
  };
  collect(Bun.main);
  return { entry: fileName(Bun.main), texts };
}

function fileName(path: string): string {
  const name = path.slice(INSIDE.length);
  return name.endsWith(".js") ? name : `${name}.js`;
}

/** How the bundler reads a file that is imported as text: `c("/$bunfs/root/apps-1a2b3c4d.md")`. */
const TEXT_FILE = /\b[\w$]+\("(\/\$bunfs\/root\/[^"]+\.(?:md|txt))"\)/g;

/**
 * Removes the mark of compiled code, inserts the files that are imported as text, and names the
 * other modules by their place beside this one.
 */
function asSource(text: string): string {
  return text
    .replace(/^\/\/ @bun.*\n/, "")
    .replaceAll(TEXT_FILE, (_, path: string) => JSON.stringify(readFileSync(path, "utf8")))
    .replaceAll(`"${INSIDE}`, '"./');
}
