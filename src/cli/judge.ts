// Judges the arguments of a command by its description, before citty reads them. citty accepts
// flags that are unknown, repeated or lack their value, reads `--no-x` as a flag of its own, and
// keeps only the last value of a list. So `node:util` cuts the arguments into tokens, as it does
// for citty, and each token is judged. Valid arguments are then written in the one form that citty
// reads correctly.
import { parseArgs, type ParseArgsConfig } from "node:util";
import { showValue } from "../config/schema/setting.ts";
import { suggest } from "../config/sources/nearest.ts";
import { adviceOnPm2File } from "../config/sources/pm2-file.ts";
import { type Arg, type Command, flagsOf, operandOf } from "./define.ts";
import { controlFlagElsewhere, flagElsewhere } from "./mistyped.ts";

export interface Valid {
  readonly kind: "valid";
  /** The arguments in the form that citty reads correctly. */
  readonly rawArgs: string[];
  /** The names of the flags that are there. */
  readonly given: ReadonlySet<string>;
  /** What follows `--`, if the command passes that on. */
  readonly rest: readonly string[] | undefined;
}

type Judged =
  | Valid
  | { readonly kind: "help" }
  /** One line. */
  | { readonly kind: "mistake"; readonly message: string };

/** The values of each flag in the order they were given; a switch has none. */
type Values = ReadonlyMap<string, readonly string[]>;

/**
 * Judges the arguments after a command's name: `--name value`, `--name=value`, `-n value`,
 * `-nvalue`, switches in one word (`-hv`), and `--`, after which there are no flags: what follows
 * is an operand, or passed on. The first mistake counts. `--help` counts more than any mistake.
 */
export function judge(argv: readonly string[], command: Pick<Command, "args">): Judged {
  const flags = flagsOf(command);
  const passesOn = operandOf(command)?.restHint !== undefined;
  const byName = new Map(flags);
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  let rest: readonly string[] | undefined;
  let mistake: string | undefined;
  for (const token of tokenize(argv, flags)) {
    if (token.kind === "option-terminator" && passesOn) {
      rest = argv.slice(token.index + 1);
      break;
    }
    if (token.kind === "positional") {
      operands.push(token.value);
    } else if (token.kind === "option") {
      const flag = byName.get(token.name);
      const earlier = values.get(token.name);
      mistake ??= flag === undefined ? unknown(token, flags) : flagMistake(token, flag, earlier);
      const value = token.value ?? flag?.bare;
      values.set(token.name, [...(earlier ?? []), ...(value === undefined ? [] : [value])]);
    }
  }
  if (values.has("help")) return { kind: "help" };
  mistake ??= missing(values, flags) ?? operandMistake(operands, values, command);
  if (mistake !== undefined) return { kind: "mistake", message: mistake };
  const texts = [...values].map(([name, given]) => written(name, given, byName.get(name)));
  const rawArgs = [...texts, "--", ...operands];
  return { kind: "valid", rawArgs, given: new Set(values.keys()), rest };
}

function written(name: string, values: readonly string[], flag: Arg | undefined): string {
  return values.length === 0 ? `--${name}` : `--${name}=${values.join(flag?.separator ?? ",")}`;
}

type Flags = readonly (readonly [string, Arg])[];

function tokenize(argv: readonly string[], flags: Flags) {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, flag] of flags) {
    const isWord = flag.type === "boolean" || flag.bare !== undefined;
    const type = isWord ? "boolean" : "string";
    options[name] = flag.alias === undefined ? { type } : { type, short: flag.alias };
  }
  return parseArgs({ args: [...argv], options, strict: false, tokens: true }).tokens;
}

/** A flag as `parseArgs` found it; a switch has no value. */
type Token = Extract<ReturnType<typeof tokenize>[number], { kind: "option" }>;

function unknown({ rawName }: Token, flags: Flags): string {
  // Single letters are too short to find a similar flag, but there are few of them.
  const shorts = flags.flatMap(([, { alias }]) => (alias === undefined ? [] : `-${alias}`));
  const longs = flags.map(([name]) => `--${name}`);
  const remedy = rawName.startsWith("--")
    ? suggest(rawName, "flag", longs)
    : `the short flags are ${shorts.join(", ")}`;
  const names = new Set(flags.map(([name]) => name));
  // A server has such a flag for its own socket, too.
  const isToServer = names.has("control-socket") && !names.has("workers");
  const ofControl = isToServer ? controlFlagElsewhere(rawName) : undefined;
  const known = ofControl ?? flagElsewhere(rawName) ?? switchedOff(rawName, flags) ?? remedy;
  return `${rawName}: unknown flag (${known})`;
}

function flagMistake(token: Token, flag: Arg, earlier: readonly string[] | undefined) {
  const { name, value = flag.bare, inlineValue } = token;
  if (flag.type === "boolean") return switchMistake(token, flag, earlier);
  // "-1" after a flag is a wrong value and judged as one; "--workers" is the next flag.
  const isNextFlag = inlineValue === false && /^-\D/.test(value ?? "");
  if (value === undefined) return `--${name}: ${nothing(flag)}`;
  if (isNextFlag) {
    const remedy = flag.isList === true ? ` (if ${value} is its value: --${name}=${value})` : "";
    return `--${name}: ${nothing(flag)}${remedy}`;
  }
  if (flag.options?.includes(value) === false) {
    return `--${name}: expected ${flag.expected}, got ${showValue(value)}`;
  }
  return earlier === undefined || flag.isList ? undefined : `--${name}: given more than once`;
}

/** Only the switch of a key, which has words for its values, can be off: `--tls-http2=false`. */
function switchMistake({ name, value }: Token, { expected }: Arg, earlier?: readonly string[]) {
  if (value === undefined && (earlier ?? []).length === 0) return undefined;
  if (expected === undefined) return `--${name}: takes no value`;
  if (value !== undefined && !/^(true|false)$/.test(value)) {
    return `--${name}: expected ${expected}, got ${showValue(value)}`;
  }
  return earlier === undefined ? undefined : `--${name}: given more than once`;
}

/** How to write `--no-NAME`, if that is what a flag says and the switch can be off. */
function switchedOff(rawName: string, flags: Flags): string | undefined {
  const name = /^--no-(.+)$/.exec(rawName)?.[1];
  const found = flags.find(([flag, { type, expected }]) => {
    return flag === name && type === "boolean" && expected !== undefined;
  });
  return found && `did you mean "--${found[0]}=false"?`;
}

function nothing({ expected }: Arg): string {
  return `expected ${expected}, got nothing`;
}

function missing(values: Values, flags: Flags): string | undefined {
  const lacking = flags.find(([name, { required }]) => required && !values.has(name));
  return lacking && `--${lacking[0]}: ${nothing(lacking[1])}`;
}

/** There is one operand at most, with its flag or without. */
function operandMistake(given: readonly string[], values: Values, command: Pick<Command, "args">) {
  const operand = operandOf(command);
  const [first, second] = given;
  if (operand === undefined) {
    const isToServer = Object.hasOwn(command.args, "control-socket");
    const remedy = isToServer ? "name a server by --config or --port" : "it takes no argument";
    return first === undefined ? undefined : `${showValue(first)}: unexpected argument (${remedy})`;
  }
  const { valueHint, flag, required, expected, options } = operand;
  if (first === undefined) return required ? `${valueHint}: ${nothing(operand)}` : undefined;
  if (flag === "app" && first.endsWith(".toml")) {
    return `${showValue(first)}: name a configuration file by --config; only APP needs no flag`;
  }
  const advice = flag === "app" ? adviceOnPm2File(first) : undefined;
  if (advice !== undefined) return `${showValue(first)}: no app, but a file of PM2's: ${advice}`;
  const surplus = second ?? values.get(flag ?? "")?.[0];
  if (surplus !== undefined) {
    return (
      `${showValue(surplus)}: unexpected argument (${valueHint} is ` +
      `already ${showValue(first)})`
    );
  }
  if (options === undefined || options.includes(first)) return undefined;
  const remedy = suggest(first, "one", options);
  // All are named anyway: the nearest is no help if it is not near.
  const near = remedy.startsWith("did you mean") ? ` (${remedy})` : "";
  return `${valueHint}: expected ${expected}, got ${showValue(first)}${near}`;
}
