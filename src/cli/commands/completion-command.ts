// `pounce completion`: what a shell needs to complete pounce's commands and flags.
import { makeCommand } from "../command.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { print } from "../print.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

export const completionCommand = makeCommand({
  name: "completion",
  does: ["Prints a script that completes pounce's commands, flags and values in a shell."],
  operand: {
    placeholder: "SHELL",
    expected: SHELLS.join(", "),
    choices: SHELLS,
    isRequired: true,
  },
  examples: [
    "source <(pounce completion bash)     in ~/.bashrc",
    "source <(pounce completion zsh)      in ~/.zshrc, after compinit",
    "pounce completion fish > ~/.config/fish/completions/pounce.fish",
  ],
  async run({ operand }) {
    const { completionScript } = await import("../completion/script.ts");
    const shell = SHELLS.find((name) => name === operand) ?? SHELLS[0];
    await print(await completionScript(shell));
    return EXIT_CODE.ok;
  },
});
