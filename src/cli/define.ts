// Each command is described once, as a citty command. Its arguments are judged and read by that
// description, and help, completion and the manual are made from it. The description also carries
// what citty has no place for.
import {
  type ArgDef,
  type CommandDef,
  type CommandMeta,
  defineCommand as defineForCitty,
  type ParsedArgs,
} from "citty";
import type { Failure } from "./failure.ts";

/** What a command says about itself. */
interface Meta extends CommandMeta {
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly description: string;
  /** What it does, in lines of at most 80 columns. */
  readonly help: readonly string[];
  /** Lines below the flags. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
}

/** A flag, or the operand: what has `type: "positional"`, at most one. */
export type Arg = ArgDef & {
  /** Completes "expected …" when the value is missing or not valid. */
  readonly expected?: string;
  /** The only valid values, of an operand too. Without them the command judges the value. */
  readonly options?: readonly string[];
  /** The letter of a flag: one at most. */
  readonly alias?: string;
  /** What a shell may offer, where other values are valid too. */
  readonly offered?: readonly string[];
  /** A shell may offer the names of all commands, too. */
  readonly offersCommands?: boolean;
  /** What it means alone: another value is given after `=`, never as the next word. */
  readonly bare?: string;
  /** The flag may be given several times. Its values are joined by commas, or the separator. */
  readonly isList?: boolean;
  /** For a list whose values may have commas. */
  readonly separator?: string;
  /** The command that has the same flag: its help and not this one's says what it means. */
  readonly asIn?: string;
  /** What applies when it is absent, in words, unless that is a `default` of the command. */
  readonly unset?: string | undefined;
  /** The table of the file that the key belongs to; in the help all keys of a table share a row. */
  readonly table?: string | undefined;
  /** For an operand: the flag that does the same. */
  readonly flag?: string;
  /** For an operand: it is given what follows `--`, as it stands; a word for that in the help. */
  readonly restHint?: string;
};

export type Args = Readonly<Record<string, Arg>>;

/** How a command ended: an exit code, or a failure that is still to be reported. */
export type Outcome = number | Failure;

/** What a command is given: its arguments, judged, and all commands there are. */
interface Given<T extends Args> {
  readonly args: ParsedArgs<T>;
  readonly data: Root;
  /** What follows `--`, for what the operand names; undefined: there is no `--`. */
  readonly rest: readonly string[] | undefined;
}

interface Definition<T extends Args> {
  readonly meta: Meta;
  /** All arguments except `--help`, which every command has. */
  readonly args: T;
  readonly run: (given: Given<T>) => Promise<Outcome>;
}

/** A command, whatever its arguments. */
export interface Command extends CommandDef<Record<string, Arg>> {
  readonly meta: Meta;
  readonly args: Record<string, Arg>;
}

/** All commands, by name. Each is loaded when it is used. */
export interface Root extends CommandDef {
  readonly meta: Pick<Meta, "name" | "description">;
  readonly subCommands: Readonly<Record<string, () => Promise<Command>>>;
  /** The command that runs when none is named. */
  readonly default: string;
  /** The commands that become a server. */
  readonly serving: readonly string[];
}

/** This loads all of them. */
export function allCommands({ subCommands }: Root): Promise<Command[]> {
  return Promise.all(Object.values(subCommands).map((load) => load()));
}

const HELP: Arg = { type: "boolean", alias: "h", description: "print this" };

export function defineCommand<const T extends Args>(definition: Definition<T>): Command {
  const { meta, run } = definition;
  const args: Record<string, Arg> = { ...definition.args, help: HELP };
  const command = defineForCitty({
    meta,
    args,
    run: (given) => run(given as unknown as Given<T>),
  });
  return { ...command, meta, args };
}

/** The flags among the arguments, by their long names. */
export function flagsOf({ args }: Pick<Command, "args">): readonly (readonly [string, Arg])[] {
  return Object.entries(args).filter(([, { type }]) => type !== "positional");
}

/** What a command takes besides its flags. */
export function operandOf({ args }: Pick<Command, "args">): Arg | undefined {
  return Object.values(args).find(({ type }) => type === "positional");
}
