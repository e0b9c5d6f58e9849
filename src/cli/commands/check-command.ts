// `pounce check`: would it serve, and what could a reload promise here?
import type { Finding } from "../../check/finding.ts";
import { explainedText } from "../../config/explain.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { JSON_ARG } from "../control.ts";
import { asEntry } from "../../log/printable.ts";
import { defineCommand } from "../define.ts";
import { CONFIGURATION_ARGS, inputOf } from "../key-args.ts";
import { printJson } from "../print.ts";
import { type Colour, report } from "../report.ts";

const MARKS: Readonly<Record<Finding["level"], readonly [string, Colour]>> = {
  ok: ["ok  ", "green"],
  warning: ["warn", "yellow"],
  error: ["FAIL", "red"],
};

export const checkCommand = defineCommand({
  meta: {
    name: "check",
    description: "check configuration, app and kernel without serving",
    help: [
      "Checks the configuration and the files it names, loads the app in a throwaway",
      "process, and says who holds the address and what this kernel lets a reload",
      "promise. Exit code 2: the configuration; 1: the app, the address, or with",
      "--strict a warning.",
    ],
    examples: ["pounce check --strict --config pounce.toml"],
  },
  args: {
    ...JSON_ARG,
    print: { type: "boolean", description: "print the configuration in effect, [env] masked" },
    strict: { type: "boolean", description: "also exit with 1 for a warning" },
    ...CONFIGURATION_ARGS,
  },
  async run({ args, rest }) {
    const { runCheck } = await import("../../check/check.ts");
    const result = await runCheck(inputOf(args, rest), {
      isStrict: args.strict === true,
      explains: args.print === true,
    });
    const { findings, configuration, verdict } = result;
    if (args.json) {
      await printJson(result);
    } else {
      for (const finding of findings) tell(finding);
      if (configuration !== undefined) report.log(`\n${explainedText(configuration)}`);
    }
    return EXIT_CODE[verdict];
  },
});

function tell({ level, name, found, advice }: Finding): void {
  const hint = advice === undefined ? "" : `\n       ${advice}`;
  const [mark, colour] = MARKS[level];
  // What an app or a path contains must not look like another finding.
  report.log(`${mark} ${asEntry(`${name}: ${found}`)}${hint}`, colour);
}
