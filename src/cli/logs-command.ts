// `pounce logs`: where the log of a running server goes, and how to read it there.
import { makeCommand } from "./command.ts";
import { CONTROL_FLAGS, CONTROL_NOTES, namedServer, tellResult, tellWhyNot } from "./control.ts";

export const logsCommand = makeCommand({
  name: "logs",
  does: ["Tells where the log of a running server goes, and how to follow it there."],
  flags: CONTROL_FLAGS,
  notes: CONTROL_NOTES,
  examples: ["pounce logs --config pounce.toml", "tail -F $(pounce logs --json | jq -r .file)"],
  async run(given) {
    const found = await namedServer(given);
    if (!found.ok) return tellWhyNot(given, found.failure);
    const { pid, log } = found.server.card;
    const line = `The log of process ${pid} goes to ${whereTo(log)}`;
    return tellResult(given, { pid, ...log }, line);
  },
});

function whereTo({ file, unit }: { readonly file: string | null; readonly unit: string | null }) {
  if (file !== null) return `${file}: tail -F ${file}`;
  if (unit !== null) return `the journal: journalctl -f -u ${unit}`;
  return "its stdout and stderr, wherever these lead; log.file in its configuration names a file";
}
