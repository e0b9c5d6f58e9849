// `pounce check`: would it serve, and what could a reload promise here?
import { logicalCwd } from "../config/paths.ts";
import { makeCommand } from "./command.ts";
import { JSON_FLAG } from "./control.ts";
import { EXIT_CODE } from "./exit-codes.ts";
import { print, printJson } from "./print.ts";
import { inputOf, SERVE_HELP } from "./serve.ts";

export const checkCommand = makeCommand({
  name: "check",
  does: [
    "Checks the configuration, loads the app in a process that is thrown away, and tells",
    "what this kernel lets a reload promise. Exit code 1: the app, 2: the configuration.",
  ],
  operand: { placeholder: "APP", expected: "a module", isRequired: false },
  flags: [JSON_FLAG, ...SERVE_HELP.flags.filter(({ name }) => !/^(help|version)$/.test(name))],
  examples: ["pounce check --config pounce.toml"],
  async run({ flags, operand }) {
    const { runCheck } = await import("../check/check.ts");
    const { env } = process;
    const result = await runCheck(inputOf(flags, operand, env, logicalCwd(env["PWD"])));
    if (flags.has("json")) await printJson(result);
    else {
      const lines = result.findings.map(({ name, ok, found, advice }) => {
        const mark = ok ? "ok  " : "FAIL";
        const hint = advice === undefined ? "" : `\n       ${advice}`;
        return `${mark} ${name}: ${found}${hint}`;
      });
      await print(`${lines.join("\n")}\n`);
    }
    return EXIT_CODE[result.verdict];
  },
});
