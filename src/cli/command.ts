/**
 * Makes a command from its flags, its help and what it does. Arguments are judged the same way for
 * all: an unknown flag names the nearest, and every mistake is one line and exit code 2.
 */
import { type CommandDef, defineCommand } from "citty";
import { showValue } from "../config/schema/setting.ts";
import { suggest } from "../config/sources/nearest.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import { tellFailure } from "./failure.ts";
import { parseFlags } from "./flags.ts";
import { print } from "./print.ts";
import { type Help, type HelpFlag, renderHelp } from "./help.ts";

/** What a command may be given beside its flags; there is one at most. */
export interface Operand {
  /** Stands for it in the help, in capitals. */
  readonly placeholder: string;
  /** Completes "expected …" when it is missing or not valid. */
  readonly expected: string;
  /** The only valid ones; undefined: the command judges it. */
  readonly choices?: readonly string[];
  /** What a shell may offer, where others are valid too. */
  readonly offered?: readonly string[];
  readonly isRequired: boolean;
}

/** A command as the registry, the help and shell completion see it. */
export interface Command {
  readonly help: Help;
  readonly operand?: Operand | undefined;
  /** Takes the arguments after the command's name; its result is the exit code. */
  readonly definition: CommandDef;
}

/** What was given to a command, judged. */
export interface Given {
  readonly operand: string | undefined;
  /** Of a switch, an empty list. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

export interface CommandSpec {
  readonly name: string;
  /** What it does, in lines of at most 80 columns. */
  readonly does: readonly string[];
  readonly operand?: Operand;
  /** All but `--help`, which every command has. */
  readonly flags?: readonly HelpFlag[];
  /** Lines below the flags. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  /** Resolves with the exit code. */
  readonly run: (given: Given) => Promise<number>;
}

export type ParsedCommand =
  | { readonly kind: "run"; readonly given: Given }
  /** To be printed on stdout as it is. */
  | { readonly kind: "help"; readonly text: string }
  /** One line, to be printed on stderr. */
  | { readonly kind: "usage-error"; readonly message: string };

const HELP_FLAG: HelpFlag = { name: "help", short: "h", meaning: "print this" };

/** The command that a specification describes. */
export function makeCommand(spec: CommandSpec): Command {
  const definition = defineCommand({
    meta: { name: spec.name },
    async run({ rawArgs }): Promise<number> {
      const parsed = parseCommand(spec, rawArgs);
      switch (parsed.kind) {
        case "help":
          await print(parsed.text);
          return EXIT_CODE.ok;
        case "usage-error": {
          const { message } = parsed;
          const isJson = rawArgs.includes("--json") && takesJson(spec);
          const failure = { code: "usage", exit: EXIT_CODE.usage, message } as const;
          return tellFailure(failure, isJson, `pounce ${spec.name}`);
        }
        case "run":
          return spec.run(parsed.given);
      }
    },
  });
  return { help: helpOf(spec), operand: spec.operand, definition };
}

/** Judges the arguments after a command's name. It prints nothing. */
export function parseCommand(spec: CommandSpec, argv: readonly string[]): ParsedCommand {
  const help = helpOf(spec);
  const { values, positionals, error } = parseFlags(argv, help.flags);
  if (values.has("help")) {
    return { kind: "help", text: renderHelp(help) };
  }
  const message = error ?? operandError(spec, positionals);
  return message === undefined
    ? { kind: "run", given: { operand: positionals[0], flags: values } }
    : { kind: "usage-error", message };
}

function takesJson({ flags = [] }: CommandSpec): boolean {
  return flags.some(({ name }) => name === "json");
}

function operandError({ operand, flags = [] }: CommandSpec, given: readonly string[]) {
  const [first, surplus] = given;
  if (operand === undefined || surplus !== undefined) {
    const unexpected = operand === undefined ? first : surplus;
    if (unexpected === undefined) return undefined;
    const isToServer = flags.some(({ name }) => name === "control-socket");
    const none = isToServer ? "a server is named by --config or --port" : "it takes no argument";
    const most = operand === undefined ? none : `one ${operand.placeholder} is enough`;
    return `${showValue(unexpected)}: not expected, ${most}`;
  }
  const { placeholder, expected, choices, isRequired } = operand;
  if (first === undefined) {
    return isRequired ? `${placeholder}: expected ${expected}, got nothing` : undefined;
  }
  if (choices === undefined || choices.includes(first)) {
    return undefined;
  }
  const remedy = suggest(first, "one", choices);
  return `${placeholder}: expected ${expected}, got ${showValue(first)} (${remedy})`;
}

function helpOf(spec: CommandSpec): Help {
  const { name, does, operand, flags = [], notes = [], examples } = spec;
  const shown = operand?.isRequired ? operand.placeholder : `[${operand?.placeholder}]`;
  return {
    usage: [`pounce ${name}${operand === undefined ? "" : ` ${shown}`} [flags]`, ...does],
    flags: [...flags, HELP_FLAG],
    notes,
    examples,
  };
}
