// Guesses from the arguments whether they start a server, and of which app, so that its first
// worker can be on its way before commands and configuration are loaded, which then decide. A wrong
// guess costs a process that ends at once.
import { parseAppReference } from "../config/app-reference.ts";
import type { Environment } from "../config/sources/environment.ts";
import { readText } from "../config/sources/text.ts";
import { usualFile } from "../config/sources/usual-file.ts";
import { takeInherited } from "../net/inherited.ts";
import { here } from "../platform.ts";
import { ahead, beginFirst, type Guess } from "../master/real/ahead.ts";
import { absolutePath, logicalCwd } from "../os/paths.ts";
import { foundAt } from "../tsconfig/start-folder.ts";
import { FOR_PLAIN_POUNCE, ROOT } from "./root.ts";

/** Nothing is served: the command says something and ends. */
const SAYS: ReadonlySet<string> = new Set(["-h", "--help", "-v", "--version"]);

/**
 * What says more of a worker's process than can be guessed: its folder, its user, its environment,
 * its output; as a flag, as a variable, or in the file. Where it only looks like that, there is no
 * head start.
 */
const SAYS_MORE =
  /working.directory|env.file|slot.variable|capture|^\s*(?:--|POUNCE_)?(?:user|group)\b|^\s*\[?\s*env\b/im;

/** Starts the first worker's process if that is probably what comes next. */
export function startAhead(argv: readonly string[]): void {
  if (here.hasLibc) takeInherited();
  const guess = guessOf(argv, process.env, () => logicalCwd(process.env["PWD"]));
  if (guess !== undefined && canGuess(argv, process.env, guess)) beginFirst(guess);
}

/** Whether nothing is known to say more. A file that cannot be read will be refused. */
export function canGuess(
  argv: readonly string[],
  env: Environment,
  { cwd, config }: Pick<Guess, "cwd" | "config">,
): boolean {
  const flags = argv.filter((arg) => arg.startsWith("--"));
  const variables = Object.keys(env).filter((name) => name.startsWith("POUNCE_"));
  if ([...flags, ...variables].some((it) => SAYS_MORE.test(it))) return false;
  if (config === undefined) return true;
  const text = readText(absolutePath(cwd, config));
  return typeof text === "string" && !SAYS_MORE.test(text);
}

/**
 * What is probably served; undefined: probably nothing.
 * @param folder the working directory. May throw
 */
export function guessOf(
  argv: readonly string[],
  env: Environment,
  folder: () => string,
): Guess | undefined {
  const end = argv.indexOf("--");
  const own = end === -1 ? argv : argv.slice(0, end);
  if (!servesProbably(own)) return undefined;
  const cwd = folder();
  const module = own.map(moduleOf).find((it) => foundAt(absolutePath(cwd, it)) !== undefined);
  const config = configOf(own) ?? (module === undefined ? usualFile(env, cwd) : undefined);
  return { cwd, config, module };
}

/** The command has ended, or the server: nobody will need the process. */
export function endAhead(): void {
  ahead.drop();
}

function servesProbably(argv: readonly string[]): boolean {
  if (argv.some((arg) => SAYS.has(arg) || isOtherCommand(arg))) return false;
  const [first = "-"] = argv;
  // A word alone may be mistyped.
  return ROOT.serving.includes(first) || /[-./:]/.test(first);
}

function isOtherCommand(arg: string): boolean {
  return !ROOT.serving.includes(arg) && (arg in ROOT.subCommands || arg in FOR_PLAIN_POUNCE);
}

function moduleOf(arg: string): string {
  const reference = parseAppReference(arg);
  return reference.ok ? reference.module : arg;
}

function configOf(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((arg) => arg === "-c" || arg === "--config");
  if (at !== -1) return argv[at + 1];
  return argv.find((arg) => arg.startsWith("--config="))?.slice("--config=".length);
}
