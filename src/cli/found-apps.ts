// The apps and server programs that a folder has, as far as names tell: what `pounce init` uses
// instead of writing another one, and what `dev` and `prove` take where no app is named.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isFile } from "../os/paths.ts";

/** An app that is there. */
export interface FoundApp {
  /** As pounce.toml names it: `./src/server.ts`. */
  readonly module: string;
  /** What a program is given, as in `next start`. */
  readonly args: readonly string[];
}

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
/** Programs that run a module, or another program: they are no server. */
const RUNNERS =
  /^(node|bun|bunx|deno|tsx|ts-node|nodemon|npx|npm|pnpm|yarn|cross-env|dotenv|pm2|pounce)$/;

interface Package {
  readonly main?: unknown;
  readonly module?: unknown;
  readonly scripts?: Readonly<Record<string, unknown>> | null;
}

/**
 * The likeliest first: the installed program that the script `start` of package.json runs, modules
 * that scripts run, the package's entry, and files with a usual name. Files that a build has
 * written come last.
 * @param folder absolute
 */
export function foundApps(folder: string): FoundApp[] {
  const found = packageOf(folder);
  const usual = FOLDERS.flatMap((inner) =>
    NAMES.flatMap((name) => ENDINGS.map((ending) => `${inner}${name}.${ending}`)),
  );
  const there = [...namedBy(found), ...usual]
    .filter((path) => MODULE.test(path) && !SETTINGS.test(path) && isInside(path))
    .filter((path) => isFile(join(folder, path)))
    .map((path) => `./${path.replace(/^\.\//, "")}`);
  const modules = [...new Set(there)].toSorted(
    (a, b) => Number(BUILT.test(a)) - Number(BUILT.test(b)),
  );
  return [...programOf(found, folder), ...modules.map((module) => ({ module, args: [] }))];
}

/** The script `start` of package.json; undefined: there is none. */
export function startScript(folder: string): string | undefined {
  const script = packageOf(folder).scripts?.["start"];
  return typeof script === "string" && script !== "" ? script : undefined;
}

/** The installed program that `start` runs, such as `next start`. */
function programOf({ scripts }: Package, folder: string): FoundApp[] {
  const words = wordsOf(String(scripts?.["start"] ?? "")).filter((word) => !/^\w+=/.test(word));
  const [name = "", ...args] = words;
  if (!/^[\w.-]+$/.test(name) || RUNNERS.test(name)) return [];
  const module = `./node_modules/.bin/${name}`;
  return isFile(join(folder, module)) ? [{ module, args }] : [];
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
