// `pounce logs`: where the log of a running server goes, and how to read it there.
import { readlinkSync, statSync } from "node:fs";
import { CONTROL_ARGS, CONTROL_NOTES, namedServer, tellResult } from "../control.ts";
import { defineCommand } from "../define.ts";

export const logsCommand = defineCommand({
  meta: {
    name: "logs",
    description: "show where the log of a running server goes",
    help: ["Shows where the log of a running server goes, and how to follow it."],
    notes: CONTROL_NOTES,
    examples: ["pounce logs --config pounce.toml", "pounce logs --json | jq -r .file"],
  },
  args: CONTROL_ARGS,
  async run({ args }) {
    const found = await namedServer(args);
    if (!found.ok) return found.failure;
    const { pid, log } = found.server.card;
    const line = `The log of process ${pid} goes to ${whereTo(pid, log)}`;
    return tellResult(args, { pid, ...log }, line);
  },
});

interface LogPlace {
  readonly file: string | null;
  readonly unit: string | null;
}

function whereTo(pid: number, { file, unit }: LogPlace): string {
  if (file !== null) return `${file}: tail -F ${quoted(file)}`;
  if (unit !== null) return `the journal: journalctl -f -u ${unit}`;
  const [stdout, stderr] = [fileOf(pid, 1), fileOf(pid, 2)];
  if (stdout === undefined || stderr === undefined) {
    return "its stdout and stderr; to log to a file, set log.file";
  }
  const files = [...new Set([stdout, stderr])].map(quoted).join(" ");
  return `its stdout and stderr, which are files: tail -F ${files}`;
}

/** A path for a shell. */
function quoted(path: string): string {
  return /^[\w./@%+:,=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** The file that a process has there; undefined: a terminal, a pipe, or what cannot be seen. */
function fileOf(pid: number, descriptor: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}
