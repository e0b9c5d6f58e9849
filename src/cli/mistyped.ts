// A first word that is neither a command nor a module: most likely a command that was mistyped.
import { suggest } from "../config/nearest.ts";
import { showValue } from "../config/setting.ts";

/** The error for such a word, on one line; undefined when it may be an app. */
export function mistypedCommand(
  word: string,
  commands: readonly string[],
  folder: string,
): string | undefined {
  if (!/^[a-z]+$/i.test(word)) return undefined;
  const remedy = suggest(word, "command", [...commands, "--help", "--version"]);
  if (!remedy.startsWith("did you mean") || isModule(word, folder)) return undefined;
  return `${showValue(word)}: no such command, and no such module (${remedy})`;
}

function isModule(word: string, folder: string): boolean {
  try {
    Bun.resolveSync(`./${word}`, folder);
    return true;
  } catch {
    return false;
  }
}
