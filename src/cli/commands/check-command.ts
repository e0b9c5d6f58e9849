// `pounce check`: would it serve, and what could a reload promise here?
import { explainedText } from "../../config/explain.ts";
import { logicalCwd } from "../../config/sources/paths.ts";
import { printable } from "../../log/printable.ts";
import type { Finding } from "../../check/finding.ts";
import { makeCommand } from "../command.ts";
import { JSON_FLAG } from "../control.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { print, printJson } from "../print.ts";
import { inputOf, SERVE_HELP } from "../serve.ts";

const MARKS: Readonly<Record<Finding["level"], string>> = {
  ok: "ok  ",
  warning: "warn",
  error: "FAIL",
};

export const checkCommand = makeCommand({
  name: "check",
  does: [
    "Checks the configuration and the files it names, loads the app in a process that is",
    "thrown away, and tells who holds the address and what this kernel lets a reload",
    "promise. Exit code 2: the configuration; 1: the app, the address, or with --strict",
    "a warning.",
  ],
  operand: { placeholder: "APP", expected: "a module", isRequired: false },
  flags: [
    JSON_FLAG,
    { name: "print", meaning: "print the configuration in effect, [env] masked" },
    { name: "strict", meaning: "exit with 1 for a warning, too" },
    ...SERVE_HELP.flags.filter(({ name }) => !/^(help|version)$/.test(name)),
  ],
  examples: ["pounce check --strict --config pounce.toml"],
  async run({ flags, operand }) {
    const { runCheck } = await import("../../check/check.ts");
    const { env } = process;
    const result = await runCheck(inputOf(flags, operand, env, logicalCwd(env["PWD"])), {
      isStrict: flags.has("strict"),
      explains: flags.has("print"),
    });
    const { findings, configuration, verdict } = result;
    if (flags.has("json")) await printJson(result);
    else {
      const lines = findings.map(lineOf);
      if (configuration !== undefined) lines.push("", explainedText(configuration));
      await print(`${lines.join("\n")}\n`);
    }
    return EXIT_CODE[verdict];
  },
});

function lineOf({ level, name, found, advice }: Finding): string {
  const hint = advice === undefined ? "" : `\n       ${advice}`;
  return printable(`${MARKS[level]} ${name}: ${found}${hint}`);
}
