// Divides the arguments into the command's name and the rest. Flags may come before the name:
// `pounce -c pounce.toml status`.
import { flagsOf } from "./define.ts";
import { isWrongWord } from "./mistyped.ts";
import { FOR_PLAIN_POUNCE, ROOT } from "./root.ts";

interface Split {
  /** The name of a command, offered or not. Undefined: none is named, so it is `serve`. */
  readonly name: string | undefined;
  /** The first argument, or a command after flags; empty: there is neither. */
  readonly word: string;
  /** All arguments except the command's name. */
  readonly rest: readonly string[];
}

const COMMANDS = { ...ROOT.subCommands, ...FOR_PLAIN_POUNCE };

/** Reads the arguments after the executable's name. */
export async function splitCommand(argv: readonly string[]): Promise<Split> {
  const at = await wordAt(argv);
  const word = at === undefined ? "" : (argv[at] ?? "");
  return isCommand(word)
    ? { name: word, word, rest: argv.filter((_, index) => index !== at) }
    : { name: undefined, word, rest: argv };
}

/** The place of the word. */
async function wordAt(argv: readonly string[]): Promise<number | undefined> {
  if (argv[0]?.startsWith("-") !== true) return 0;
  // After flags there is one only if something can be a name: a start must not wait for all
  // commands to load.
  const mayBeNamed = argv.some((arg) => isCommand(arg) || isWrongWord(arg));
  return mayBeNamed ? firstWord(argv, await valueFlags()) : undefined;
}

function isCommand(word: string): boolean {
  return Object.hasOwn(COMMANDS, word);
}

/** All commands' flags that take a value, as they are written. */
async function valueFlags(): Promise<Set<string>> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const withValue = commands
    .flatMap(flagsOf)
    .filter(([, { type, bare }]) => type !== "boolean" && bare === undefined);
  return new Set(
    withValue.flatMap(([name, { alias }]) =>
      alias === undefined ? [`--${name}`] : [`--${name}`, `-${alias}`],
    ),
  );
}

/** The place of the first argument that is neither a flag nor its value. */
function firstWord(argv: readonly string[], withValue: ReadonlySet<string>): number | undefined {
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? "";
    if (arg === "--") return undefined;
    if (!arg.startsWith("-")) return at;
    if (withValue.has(arg)) at++;
  }
  return undefined;
}
