/**
 * Parses the flags of a command strictly.
 *
 * `node:util` cuts the arguments into tokens; its own strict mode and the CLI libraries built on it
 * let flags pass that are unknown, given twice or without a value, and refuse `--port -1` as a flag
 * "-1". So the tokens are judged here.
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { suggest } from "../config/sources/nearest.ts";
import { flagElsewhere } from "./mistyped.ts";

/** A flag that a command knows. */
export interface Flag {
  /** Its long name without dashes. */
  readonly name: string;
  readonly short?: string | undefined;
  /** Stands for the value in the help; undefined: the flag takes none. */
  readonly placeholder?: string | undefined;
  /** Completes "expected …" when the value is missing. */
  readonly expected?: string | undefined;
  readonly meaning: string;
  /** True when the flag may be given several times. */
  readonly isList?: boolean;
  /** The only valid values; undefined: the command judges them. */
  readonly choices?: readonly string[];
}

export interface ParsedFlags {
  /** The values in the order they were given, by the flag's long name; of a switch, none. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  /** The first mistake, on one line. */
  readonly error: string | undefined;
}

/**
 * Parses arguments: `--name value`, `--name=value`, `-n value`, `-nvalue`, switches in one word
 * (`-hv`), and `--`, after which everything is positional.
 */
export function parseFlags(argv: readonly string[], flags: readonly Flag[]): ParsedFlags {
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  let error: string | undefined;
  for (const token of tokenize(argv, flags)) {
    if (token.kind === "positional") {
      positionals.push(token.value);
    } else if (token.kind === "option") {
      const flag = flags.find(({ name }) => name === token.name);
      const earlier = values.get(token.name);
      error ??= flag === undefined ? unknown(token, flags) : mistake(token, flag, earlier);
      const value = token.value === undefined ? [] : [token.value];
      values.set(token.name, [...(earlier ?? []), ...value]);
    }
  }
  return { values, positionals, error };
}

function tokenize(argv: readonly string[], flags: readonly Flag[]) {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const { name, short, placeholder } of flags) {
    const type = placeholder === undefined ? "boolean" : "string";
    options[name] = short === undefined ? { type } : { type, short };
  }
  return parseArgs({ args: [...argv], options, strict: false, tokens: true }).tokens;
}

/** A flag as `parseArgs` found it; a switch has no value. */
type Token = Extract<ReturnType<typeof tokenize>[number], { kind: "option" }>;

function unknown({ rawName }: Token, flags: readonly Flag[]): string {
  // Between single letters there is no likeness to go by, but there are few of them.
  const shorts = flags.flatMap(({ short }) => (short === undefined ? [] : `-${short}`));
  const longs = flags.map(({ name }) => `--${name}`);
  const remedy = rawName.startsWith("--")
    ? suggest(rawName, "flag", longs)
    : `the short flags are ${shorts.join(", ")}`;
  return `${rawName}: unknown flag (${flagElsewhere(rawName) ?? remedy})`;
}

function mistake(token: Token, flag: Flag, earlier: readonly string[] | undefined) {
  const { value, inlineValue } = token;
  if (flag.placeholder === undefined) {
    return value === undefined ? undefined : `--${flag.name}: takes no value`;
  }
  // "-1" after a flag is a wrong value and judged as one; "--workers" is the next flag.
  const isNextFlag = inlineValue === false && /^-\D/.test(value ?? "");
  if (value === undefined || isNextFlag) {
    return `--${flag.name}: expected ${flag.expected}, got nothing`;
  }
  if (flag.choices?.includes(value) === false) {
    return `--${flag.name}: expected ${flag.expected}, got ${JSON.stringify(value)}`;
  }
  return earlier === undefined || flag.isList ? undefined : `--${flag.name}: given more than once`;
}
