// The apps and server programs that a folder has already, as far as names tell: `pounce init` does
// not write another one.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isFile } from "../../os/paths.ts";

const MODULE = /\.[cm]?[jt]sx?$/;
/** The configuration of a tool, which scripts name as well. */
const SETTINGS = /\.config\.[a-z]+$/;
/** Built files: they may be old, and pounce needs no build. */
const BUILT = /^(\.\/)?(\.[a-z]+|dist|build|out|node_modules)\//;

const FOLDERS = ["", "src/"];
const NAMES = ["app", "server", "index", "main"];
const ENDINGS = ["ts", "tsx", "mts", "js", "mjs", "cjs", "jsx"];

/** Scripts of package.json that start a server, as a rule. */
const SCRIPTS = ["start", "serve", "dev", "start:dev", "start:prod"];

interface Package {
  readonly main?: unknown;
  readonly module?: unknown;
  readonly scripts?: Readonly<Record<string, unknown>> | null;
}

/**
 * As pounce.toml names them (`./src/server.ts`), the likeliest first: what scripts of package.json
 * run, its entry, and files with a usual name. Files that a build has written come last.
 * @param folder absolute
 */
export function foundApps(folder: string): string[] {
  const named = namedBy(packageOf(folder));
  const usual = FOLDERS.flatMap((inner) =>
    NAMES.flatMap((name) => ENDINGS.map((ending) => `${inner}${name}.${ending}`)),
  );
  const there = [...named, ...usual]
    .filter((path) => MODULE.test(path) && !SETTINGS.test(path) && isInside(path))
    .filter((path) => isFile(join(folder, path)))
    .map((path) => `./${path.replace(/^\.\//, "")}`);
  return [...new Set(there)].toSorted((a, b) => Number(BUILT.test(a)) - Number(BUILT.test(b)));
}

function namedBy({ main, module, scripts }: Package): string[] {
  const run = SCRIPTS.flatMap((name) => wordsOf(String(scripts?.[name] ?? "")));
  return [...run, String(module ?? ""), String(main ?? "")];
}

/** The words of a command, without the quotes around them. */
function wordsOf(command: string): string[] {
  const words = command.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => word.replace(/^["']|["']$/g, ""));
}

/** Nothing, where there is none, or none that can be read. */
function packageOf(folder: string): Package {
  try {
    const text = readFileSync(join(folder, "package.json"), "utf8");
    const found: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return typeof found === "object" && found !== null ? found : {};
  } catch {
    return {};
  }
}

function isInside(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}
