// The completion script for a shell, made from the registry and the configuration's schema.
import type { Root } from "../define.ts";
import { programName } from "../program.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { type CompletedCommand, completedCommands } from "./model.ts";
import { zshCompletion } from "./zsh.ts";

type Shell = "bash" | "zsh" | "fish";

/** @param program what the executable is called */
type Writer = (commands: readonly CompletedCommand[], program: string) => string;

const WRITERS: Readonly<Record<Shell, Writer>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export async function completionScript(shell: Shell, root: Root): Promise<string> {
  return WRITERS[shell](await completedCommands(root), programName());
}
