/** The completion script for a shell, made from the registry and the configuration's schema. */
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { type CompletedCommand, completedCommands } from "./model.ts";
import { zshCompletion } from "./zsh.ts";

type Shell = "bash" | "zsh" | "fish";

const WRITERS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The script for all commands there are. */
export async function completionScript(shell: Shell): Promise<string> {
  return WRITERS[shell](await completedCommands());
}
