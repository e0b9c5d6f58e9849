// `pounce init`: starting points for an app and for what runs it.
import { absolutePath, logicalCwd } from "../../os/paths.ts";
import { INIT_FILES, INIT_KINDS, initKind } from "../init/kinds.ts";
import { EXIT_CODE, SIGNAL_EXIT_CODE } from "../../exit-codes.ts";
import { defineCommand } from "../define.ts";
import { usage } from "../failure.ts";
import { printLater } from "../print.ts";
import { report } from "../report.ts";

export const initCommand = defineCommand({
  meta: {
    name: "init",
    description: "write a starting point for an app or what runs it",
    help: [
      "Writes a commented starting point; without KIND, an app with its configuration.",
      "At a terminal it asks for KIND. It replaces files only with --force, and writes",
      "all files or none.",
    ],
    notes: [
      ...INIT_KINDS.map((kind) => `  ${kind.padEnd(10)}  ${INIT_FILES[kind].join(", ")}`),
      "",
    ],
    examples: ["pounce init && pounce --config pounce.toml", "pounce init systemd --dir deploy"],
  },
  args: {
    kind: {
      type: "positional",
      valueHint: "KIND",
      expected: INIT_KINDS.join(", "),
      options: INIT_KINDS,
      required: false,
    },
    dir: {
      type: "string",
      valueHint: "PATH",
      expected: "a path",
      description: "folder to write to; created if missing",
      default: ".",
    },
    yes: { type: "boolean", alias: "y", description: "do not ask; without KIND, an app" },
    force: { type: "boolean", description: "replace existing files" },
  },
  async run({ args }) {
    if (args.dir === "") return usage('--dir: expected a path, got ""');
    const terminal = await terminalOf();
    const asks = terminal !== undefined && args.kind === undefined && !args.yes;
    const kind = asks ? await terminal.askKind() : initKind(args.kind);
    if (kind === undefined) return SIGNAL_EXIT_CODE.SIGINT;
    const [{ startingPoint }, { writeFiles }] = await Promise.all([
      import("../init/starting-points.ts"),
      import("../init/write-files.ts"),
    ]);
    const { files, next } = startingPoint(kind);
    const folder = absolutePath(logicalCwd(process.env["PWD"]), args.dir);
    const written = writeFiles(folder, files, args.force === true);
    if (!written.ok) return { code: "failed", message: written.error };
    for (const path of written.paths) report.log(`wrote ${path}`);
    if (terminal === undefined) report.log(`next: ${next}`);
    else printLater(`${terminal.boxed(next)}\n`);
    return EXIT_CODE.ok;
  },
});

/** Undefined: there is nobody to ask. */
async function terminalOf() {
  const isThere = process.stdin.isTTY && process.stdout.isTTY;
  return isThere ? import("../init/at-terminal.ts") : undefined;
}
