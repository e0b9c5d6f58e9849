// `pounce reload`: a reload, and whether it worked.
import type { ReloadResult } from "../master/control.ts";
import { makeCommand } from "./command.ts";
import { askServer, CONTROL_FLAGS, JSON_FLAG } from "./control.ts";
import { EXIT_CODE } from "./exit-codes.ts";
import { printJson } from "./print.ts";

export const reloadCommand = makeCommand({
  name: "reload",
  does: [
    "Reloads a running server. Without a flag it returns when the new generation is",
    "steered to: takes all new connections. Exit code 1: it was rejected, and the old",
    "generation serves on.",
  ],
  flags: [
    {
      name: "until",
      placeholder: "WHEN",
      expected: '"steered" or "ended"',
      meaning: "what to wait for",
      choices: ["steered", "ended"],
      defaultText: "steered",
    },
    { name: "wait", meaning: "as --until ended, and print the receipt" },
    JSON_FLAG,
    ...CONTROL_FLAGS,
  ],
  examples: ["pounce reload --wait --config pounce.toml"],
  async run(given) {
    const { flags } = given;
    if (flags.has("wait") && flags.get("until")?.[0] === "steered") {
      process.stderr.write('pounce reload: --until: expected "ended" with --wait, got "steered"\n');
      return EXIT_CODE.usage;
    }
    const until = flags.has("wait") ? "ended" : (flags.get("until")?.[0] ?? "steered");
    const reply = await askServer(given, "POST", `/reload?until=${until}`);
    if (reply.kind === "none") return reply.code;
    const result = reply.body as unknown as ReloadResult;
    if (flags.has("json")) await printJson(result.receipt ?? result);
    else if (flags.has("wait") && result.receipt !== null) await printJson(result.receipt);
    if (result.ok) return EXIT_CODE.ok;
    process.stderr.write(`pounce: the reload was rejected: ${result.reason ?? "see the log"}\n`);
    return EXIT_CODE.failed;
  },
});
