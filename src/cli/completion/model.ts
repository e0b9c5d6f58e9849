// What completion is made from: every command with its flags and the values of these.
import { allCommands, type Arg, type Command, flagsOf, operandOf, type Root } from "../define.ts";
import { configJsonSchema } from "../../config/schema/json-schema.ts";
import { KEYS } from "../../config/schema/keys.ts";

/** What may follow a flag, or stand without one. */
export type Values =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" }
  /** Something that no shell can guess, such as a number. */
  | { readonly kind: "unknown" };

export interface CompletedFlag {
  /** Without dashes. */
  readonly name: string;
  readonly short: string | undefined;
  readonly meaning: string;
  readonly placeholder: string;
  /** Undefined: the flag takes none. */
  readonly values: Values | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  readonly operand: { readonly placeholder: string; readonly values: Values } | undefined;
  /** True for the command that runs when none is named. */
  readonly isDefault: boolean;
}

/** All commands; this loads each of them. */
export async function completedCommands(root: Root): Promise<CompletedCommand[]> {
  return (await allCommands(root)).map((command) => describe(command, root));
}

function describe(command: Command, root: Root): CompletedCommand {
  const { name, description } = command.meta;
  return {
    name,
    summary: description,
    flags: flagsOf(command).map(describeFlag),
    operand: describeOperand(operandOf(command), Object.keys(root.subCommands)),
    isDefault: name === root.default,
  };
}

function describeOperand(operand: Arg | undefined, commands: readonly string[]) {
  if (operand === undefined) return undefined;
  const { valueHint = "", options, offered = [], offersCommands = false } = operand;
  // A command may have a chapter of the same name.
  const words = options ?? [...new Set([...(offersCommands ? commands : []), ...offered])];
  return { placeholder: valueHint, values: valuesOf(valueHint, words) };
}

function describeFlag([name, flag]: readonly [string, Arg]): CompletedFlag {
  const { valueHint = "", description = "" } = flag;
  const isWord = flag.type === "boolean" || flag.bare !== undefined;
  return {
    name,
    short: flag.alias,
    meaning: description,
    placeholder: valueHint,
    values: isWord ? undefined : valuesOf(valueHint, flag.options ?? wordsOfKey(name)),
  };
}

function valuesOf(placeholder: string, words: readonly string[]): Values {
  if (words.length > 0) return { kind: "words", words };
  const isFile = placeholder === "PATH" || placeholder === "APP";
  return isFile ? { kind: "files" } : { kind: "unknown" };
}

/** The words that the schema allows for a flag's key: `auto` for `--workers`. */
function wordsOfKey(flag: string): string[] {
  const key = KEYS.find((candidate) => candidate.flag === flag);
  return key === undefined ? [] : wordsIn(nodeAt(configJsonSchema(), key.path));
}

/** The parts of a JSON Schema that can contain words. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly anyOf?: readonly unknown[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly type?: unknown;
}

function nodeAt(root: SchemaNode, path: readonly string[]): SchemaNode {
  return path.reduce((node, name) => (node.properties?.[name] ?? {}) as SchemaNode, root);
}

function wordsIn(node: SchemaNode): string[] {
  const own = node.type === "boolean" ? ["true", "false"] : [node.const, ...(node.enum ?? [])];
  const inner = (node.anyOf ?? []).flatMap((part) => wordsIn(part as SchemaNode));
  return [...own.filter((word) => typeof word === "string" && word !== ""), ...inner] as string[];
}
