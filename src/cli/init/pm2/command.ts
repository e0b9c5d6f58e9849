// Command lines as they stand in `script`, and in the scripts of a package.json: which program they
// start, and with what.
import { join } from "node:path";
import { absolutePath } from "../../../os/paths.ts";
import type { Files } from "./files.ts";
import { manifestAbove } from "./manifest.ts";
import { moduleFile } from "./module-file.ts";

/** What a command line starts. */
export interface Started {
  /** The program: an absolute path. */
  readonly file: string;
  /** Options of node or bun. */
  readonly options: readonly string[];
  /** What the program is started with. */
  readonly args: readonly string[];
  /** Variables that are set before the command. */
  readonly variables: Readonly<Record<string, string>>;
  /** The package's scripts that led here: `npm start`. */
  readonly via?: string;
}

export type FoundProgram =
  | ({ readonly ok: true } & Started)
  /** One sentence without its subject, which is the app. */
  | { readonly ok: false; readonly error: string };

/** Programs that run TypeScript or JavaScript files; pounce does that itself. */
const RUNTIMES = new Set(
  "node nodejs bun tsx ts-node ts-node-esm ts-node-dev babel-node nodemon esno swc-node".split(" "),
);
const PACKAGE_MANAGERS = new Set(["npm", "pnpm", "yarn", "bun"]);
const RUNNERS = new Set(["npx", "bunx", "pnpx"]);

/** Whether a program of that name runs what pounce can serve. */
export function isRuntime(name: string): boolean {
  return RUNTIMES.has(name);
}

/** The runtime that a file in node_modules is, by itself or by its link in `.bin`. */
export function runtimeAt(path: string): string | undefined {
  const [, bin, owner] = /(?:^|\/)node_modules\/(?:\.bin\/([\w-]+)$|([\w-]+)\/)/.exec(path) ?? [];
  const name = bin ?? owner;
  return name !== undefined && isRuntime(name) ? name : undefined;
}

/** Tools that start their server as another process, or while they build it. */
const OTHER_PROGRAM: readonly (readonly [command: RegExp, advice: string])[] = [
  [/^next( |$)(?!start)/, "build it, and let it start with `next start`"],
  [/^(?:nuxt|nuxi)\b/, "build it, and name .output/server/index.mjs"],
  [/^astro\b/, "build it with @astrojs/node in standalone mode, and name dist/server/entry.mjs"],
  [/^serve$/, "that is PM2's own server of files; a proxy in front can serve them"],
  [/^nest\b/, "build it, and name dist/main.js"],
];

/** Options of runtimes whose value is the next word. */
const WITH_VALUE = new Set(
  (
    "-r --require --import --preload --loader --experimental-loader -C --conditions --env-file " +
    "-P --project --tsconfig -w --watch-path --exec"
  ).split(" "),
);

/** How many scripts of a package.json may lead to each other. */
const MOST_SCRIPTS = 4;

/** Splits a text at its spaces as a shell does, quotes in it heeded. */
export function wordsOf(text: string): string[] {
  const words = text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
  return [...words].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

/** Whether only a shell can run it: several commands, pipes, substitutions. */
function needsShell(text: string): boolean {
  return /[;&|<>`]|\$\(|\$\{?\w/.test(text.replaceAll(/'[^']*'/g, ""));
}

/** Where a command line stands. */
interface Context {
  /** The folder in which it would run. */
  readonly cwd: string;
  readonly files: Files;
  /** How many more scripts of a package.json it may lead to. */
  readonly scriptsLeft?: number;
}

/**
 * Finds the program of a command line.
 * @param line as it is written, for errors
 */
export function programOfCommand(
  line: string,
  words: readonly string[],
  context: Context,
): FoundProgram {
  if (needsShell(line)) return refused(`starts a shell command (${line})`);
  const variables: Record<string, string> = {};
  let rest = [...words];
  for (; rest[0] !== undefined; rest = rest.slice(1)) {
    const [, name, value = ""] = /^([A-Za-z_]\w*)=(.*)$/.exec(rest[0]) ?? [];
    if (name !== undefined) variables[name] = value;
    else if (!BEFORE_COMMAND.has(rest[0]) && !isRunnerOf(rest)) break;
  }
  const [command = "", ...args] = rest;
  const found = ofCommand(command, args, context);
  return found.ok ? { ...found, variables: { ...variables, ...found.variables } } : found;
}

/** What stands before a command and starts it. */
const BEFORE_COMMAND = new Set(["cross-env", "env", "exec", "dotenv", "--"]);

function ofCommand(name: string, args: readonly string[], context: Context): FoundProgram {
  const { cwd, files } = context;
  const short = name.split("/").at(-1) ?? name;
  const shown = `\`${[short, ...args].join(" ")}\``;
  const isManager = PACKAGE_MANAGERS.has(short);
  if (RUNTIMES.has(short)) {
    const program = programOfRuntime(args, cwd, files, isManager);
    if (program !== undefined) return program;
    if (!isManager) return refused(`starts ${shown}: no such file in ${cwd}`);
  }
  if (isManager) return ofPackage(short, args, context);
  const [, advice] = OTHER_PROGRAM.find(([it]) => it.test([short, ...args].join(" "))) ?? [];
  if (advice !== undefined) return refused(`starts ${shown}: ${advice}`);
  const bin = join(cwd, "node_modules", ".bin", name);
  const file = [absolutePath(cwd, name), bin].find((it) => files.isFile(it));
  if (file !== undefined) return { ok: true, file, options: [], args, variables: {} };
  return refused(`starts ${shown}, which is neither a file in ${cwd} nor run by Bun or Node`);
}

/** `npm start`, `yarn serve`, `bun run start`: what the script of the package starts. */
function ofPackage(manager: string, given: readonly string[], context: Context): FoundProgram {
  // What follows `--` is for the program; other options before it are the manager's.
  const end = given.indexOf("--");
  const own = end === -1 ? given : given.slice(0, end);
  const [verb = "start", ...more] = own.filter((word) => !word.startsWith("-"));
  const [script = "", ...words] = verb === "run" || verb === "run-script" ? more : [verb, ...more];
  const args = [...words, ...(end === -1 ? [] : given.slice(end + 1))];
  const via = `${manager} ${script === "start" ? "start" : `run ${script}`}`;
  const manifest = manifestAbove(context.cwd, context.files);
  const line = manifest?.scripts.get(script);
  if (manifest === undefined || line === undefined) {
    return refused(`starts \`${via}\`, but no package.json has a script "${script}"`);
  }
  const { scriptsLeft = MOST_SCRIPTS } = context;
  if (scriptsLeft === 0) return refused(`starts \`${via}\`, whose scripts start each other`);
  const inner = { ...context, cwd: manifest.folder, scriptsLeft: scriptsLeft - 1 };
  const found = programOfCommand(line, wordsOf(line), inner);
  if (found.ok) return { ...found, via: found.via ?? via, args: [...found.args, ...args] };
  return refused(`starts \`${via}\`, which ${found.error}`);
}

function isRunnerOf([first = "", second]: readonly string[]): boolean {
  return RUNNERS.has(first) && second !== undefined && !second.startsWith("-");
}

/**
 * The program among the arguments of node, bun or their like; undefined: there is none.
 * @param isManager a word may also be a script of the package
 */
function programOfRuntime(
  given: readonly string[],
  cwd: string,
  files: Files,
  isManager: boolean,
): FoundProgram | undefined {
  const options: string[] = [];
  for (let index = 0; index < given.length; index++) {
    const word = given[index] ?? "";
    const path = absolutePath(cwd, word);
    const isExact = isManager && !/[./]/.test(word);
    const file = isExact ? (files.isFile(path) ? path : undefined) : moduleFile(path, files);
    if (word.startsWith("-")) {
      options.push(word);
      if (WITH_VALUE.has(word)) options.push(given[++index] ?? "");
    } else if (file !== undefined) {
      const args = given.slice(index + 1);
      return { ok: true, file, options, args, variables: {} };
    } else if (word !== "run" && word !== "watch") {
      return undefined;
    }
  }
  return undefined;
}

function refused(error: string): FoundProgram {
  return { ok: false, error };
}
