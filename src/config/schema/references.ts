// References to the environment in the values of a file: `"${DATABASE_HOST}"`, `"${PORT:-8000}"`.
// `$${` stands for a literal `${`. The value of a variable, and a default, are taken literally:
// references in them are not expanded.
import { COMMAND_VARIABLES } from "./command-variables.ts";

/** A text with its references replaced, or what is wrong, in a few words. */
type Expanded =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: string };

const NAME = "[A-Za-z_][A-Za-z0-9_]*";
/** An escape, or a reference with its name and default, or a start that leads to neither. */
const MARK = new RegExp(`\\$\\$\\{|\\$\\{(${NAME})(?::-([^}]*))?\\}|\\$\\{`, "g");

/** For the JSON Schema: a text that has something to expand. */
export const REFERENCE_PATTERN = `\\$\\{${NAME}(?::-[^}\\u0000]*)?\\}|\\$\\$\\{`;

/** Whether there is anything in a text to replace. */
export function hasReferences(text: string): boolean {
  return text.includes("${");
}

/**
 * Replaces all references. If there is a default, a variable that is set but empty counts as unset.
 */
export function expand(text: string, env: Readonly<Record<string, string | undefined>>): Expanded {
  let error: string | undefined;
  const expanded = text.replace(MARK, (mark, name?: string, fallback?: string) => {
    if (mark === "$${") return "${";
    if (name === undefined) error ??= NO_REFERENCE;
    else if (fallback?.includes("${")) error ??= noNesting(name);
    const value = name !== undefined && Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
    if (name !== undefined && value === undefined) error ??= notSet(name);
    return value ?? "";
  });
  return error === undefined ? { ok: true, text: expanded } : { ok: false, error };
}

const NO_REFERENCE =
  '"${" starts the name of a variable, as in "${NAME}" or "${NAME:-default}": ' +
  'write "$${" for a literal "${"';

const OF_COMMANDS: ReadonlySet<string> = new Set(Object.values(COMMAND_VARIABLES));

function notSet(name: string): string {
  if (OF_COMMANDS.has(name)) {
    return `${name} is set for the command in rollout.verify alone: use it in a script`;
  }
  return `the variable ${name} is not set: set it, or write a default as in "\${${name}:-default}"`;
}

function noNesting(name: string): string {
  return `the default of ${name} is taken literally and cannot refer to another variable`;
}
