// Divides the arguments into the command's name and the rest. Flags may come before the name:
// `pounce -c pounce.toml status`.
import { isWrongWord } from "./mistyped.ts";
import { COMMANDS, type CommandEntry } from "./registry.ts";

export interface Split {
  /** Undefined: none is named, so it is `serve`. */
  readonly entry: CommandEntry | undefined;
  /** The first argument that is no flag, should there be one. */
  readonly word: string;
  /** All arguments but the command's name. */
  readonly rest: readonly string[];
}

/** Reads the arguments after the executable's name. */
export async function splitCommand(argv: readonly string[]): Promise<Split> {
  const [first = ""] = argv;
  const isFlag = first.startsWith("-");
  // Flags are not looked at where nothing else can be a name: a start must not wait for all
  // commands.
  const mayBeNamed = argv.some((arg) => named(arg) !== undefined || isWrongWord(arg));
  const at = isFlag && mayBeNamed ? firstWord(argv, await valueFlags()) : 0;
  const word = at === undefined ? "" : (argv[at] ?? "");
  const entry = named(word);
  return {
    entry,
    word,
    rest: entry === undefined ? argv : argv.filter((_, index) => index !== at),
  };
}

function named(word: string): CommandEntry | undefined {
  return COMMANDS.find(({ name }) => name === word);
}

/** The flags of all commands that take a value, as they are written. */
async function valueFlags(): Promise<Set<string>> {
  const commands = await Promise.all(COMMANDS.map(({ load }) => load()));
  const flags = commands.flatMap(({ help }) => help.flags);
  const withValue = flags.filter(({ placeholder }) => placeholder !== undefined);
  return new Set(
    withValue.flatMap(({ name, short }) =>
      short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`],
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
