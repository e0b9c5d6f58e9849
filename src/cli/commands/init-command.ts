// `pounce init`: starting points for an app and for what runs it.
import { absolutePath, logicalCwd } from "../../config/sources/paths.ts";
import { INIT_KINDS, initKind } from "../init/kinds.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { defineCommand } from "../define.ts";
import { usage } from "../failure.ts";
import { report } from "../report.ts";

export const initCommand = defineCommand({
  meta: {
    name: "init",
    description: "write a starting point for an app or what runs it",
    help: [
      "Writes a commented starting point; without KIND, an app with its configuration.",
      "It replaces no file unless told to, and writes all files or none.",
    ],
    notes: [
      "  app         pounce.toml, pounce.schema.json, app.ts",
      "  systemd     pounce.service",
      "  supervisor  pounce.conf",
      "  docker      Dockerfile",
      "  kubernetes  pounce.yaml",
      "",
    ],
    examples: ["pounce init && pounce --config pounce.toml", "pounce init systemd --dir deploy"],
  },
  args: {
    kind: {
      type: "positional",
      valueHint: "KIND",
      expected: INIT_KINDS.join(", "),
      choices: INIT_KINDS,
      required: false,
    },
    dir: {
      type: "string",
      valueHint: "PATH",
      expected: "a path",
      description: "folder to write to, made when it is not there",
      default: ".",
    },
    force: { type: "boolean", description: "replace files that are there" },
  },
  async run({ args }) {
    if (args.dir === "") return usage('--dir: expected a path, got ""');
    const [{ startingPoint }, { writeFiles }] = await Promise.all([
      import("../init/starting-points.ts"),
      import("../init/write-files.ts"),
    ]);
    const { files, next } = startingPoint(initKind(args.kind));
    const folder = absolutePath(logicalCwd(process.env["PWD"]), args.dir);
    const written = writeFiles(folder, files, args.force === true);
    if (!written.ok) return { code: "failed", message: written.error };
    for (const path of written.paths) report.log(`wrote ${path}`);
    report.log(`next: ${next}`);
    return EXIT_CODE.ok;
  },
});
