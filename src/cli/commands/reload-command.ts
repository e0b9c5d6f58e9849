// `pounce reload`: a reload, and whether it worked.
import type { Receipt, ReloadResult } from "../../admin/protocol.ts";
import { makeCommand } from "../command.ts";
import { askServer, CONTROL_FLAGS, CONTROL_NOTES, tellResult, tellWhyNot } from "../control.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { printJson } from "../print.ts";

export const reloadCommand = makeCommand({
  name: "reload",
  does: [
    "Reloads a running server. Without a flag it returns when the new generation is",
    "steered to: takes all new connections. Exit code 1: it was rejected, and the old",
    "generation serves on. --json prints the receipt, once there is one.",
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
    { name: "wait", meaning: "as --until ended" },
    ...CONTROL_FLAGS,
  ],
  notes: CONTROL_NOTES,
  examples: ["pounce reload --wait --config pounce.toml"],
  async run(given) {
    const { flags } = given;
    if (flags.has("wait") && flags.get("until")?.[0] === "steered") {
      const message = '--until: expected "ended" with --wait, got "steered"';
      return tellWhyNot(given, { code: "usage", exit: EXIT_CODE.usage, message }, "reload");
    }
    const until = flags.has("wait") ? "ended" : (flags.get("until")?.[0] ?? "steered");
    const asked = await askServer(given, "POST", `/reload?until=${until}`);
    if (!asked.ok) return tellWhyNot(given, asked.failure);
    const result = asked.body as unknown as ReloadResult;
    if (result.ok) return tellResult(given, result.receipt ?? result, lineOf(result));
    // A reload that was rejected has a receipt too; one that could not begin has none.
    if (flags.has("json") && result.receipt !== null) {
      await printJson(result.receipt);
      return EXIT_CODE.failed;
    }
    const message = `the reload was rejected: ${result.reason ?? "see the log"}`;
    return tellWhyNot(given, { code: "rejected", exit: EXIT_CODE.failed, message });
  },
});

/** How a reload that worked went. */
function lineOf({ generation, receipt }: ReloadResult): string {
  if (receipt === null) {
    return `Reloaded: generation ${generation} takes all new connections`;
  }
  const { workers, ready_ms: readyMs, drain_ms: drainMs } = receipt;
  const times = [
    readyMs === null ? [] : [`it served after ${readyMs} ms`],
    drainMs === null ? [] : [`the old one drained in ${drainMs} ms`],
  ].flat();
  const how = [...times, forcedOf(receipt)].join(", ");
  return `Reloaded: ${workers} worker(s) on generation ${generation}; ${how}`;
}

function forcedOf({ requests }: Receipt): string {
  return requests.forced === 0
    ? "nothing was forced"
    : `${requests.forced} request(s) ended by force`;
}
