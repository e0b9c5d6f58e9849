// `pounce completion`: what a shell needs to complete pounce's commands and flags.
import { EXIT_CODE } from "../../exit-codes.ts";
import { defineCommand } from "../define.ts";
import { print } from "../print.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

export const completionCommand = defineCommand({
  meta: {
    name: "completion",
    description: "print a completion script for bash, zsh or fish",
    help: ["Prints a script that completes pounce's commands, flags and values in a shell."],
    examples: [
      "source <(pounce completion bash)     in ~/.bashrc",
      "source <(pounce completion zsh)      in ~/.zshrc, after compinit",
      "pounce completion fish > ~/.config/fish/completions/pounce.fish",
    ],
  },
  args: {
    shell: {
      type: "positional",
      valueHint: "SHELL",
      expected: SHELLS.join(", "),
      options: SHELLS,
      required: true,
    },
  },
  async run({ args, data }) {
    const { completionScript } = await import("../completion/script.ts");
    const shell = SHELLS.find((name) => name === args.shell) ?? SHELLS[0];
    await print(await completionScript(shell, data));
    return EXIT_CODE.ok;
  },
});
