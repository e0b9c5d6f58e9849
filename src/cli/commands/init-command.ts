// `pounce init`: starting points for an app and for what runs it.
import { absolutePath, logicalCwd } from "../../config/sources/paths.ts";
import { INIT_KINDS, initKind } from "../init/kinds.ts";
import { makeCommand } from "../command.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { print } from "../print.ts";

export const initCommand = makeCommand({
  name: "init",
  does: [
    "Writes a commented starting point; without KIND, an app with its configuration.",
    "It replaces no file unless told to, and writes all files or none.",
  ],
  operand: {
    placeholder: "KIND",
    expected: INIT_KINDS.join(", "),
    choices: INIT_KINDS,
    isRequired: false,
  },
  flags: [
    {
      name: "dir",
      placeholder: "PATH",
      expected: "a path",
      meaning: "folder to write to, made when it is not there",
      defaultText: ".",
    },
    { name: "force", meaning: "replace files that are there" },
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
  async run({ operand, flags }) {
    const dir = flags.get("dir")?.[0] ?? ".";
    if (dir === "") {
      process.stderr.write('pounce init: --dir: expected a path, got ""\n');
      return EXIT_CODE.usage;
    }
    const [{ startingPoint }, { writeFiles }] = await Promise.all([
      import("../init/starting-points.ts"),
      import("../init/write-files.ts"),
    ]);
    const { files, next } = startingPoint(initKind(operand));
    const folder = absolutePath(logicalCwd(process.env["PWD"]), dir);
    const written = writeFiles(folder, files, flags.has("force"));
    if (!written.ok) {
      process.stderr.write(`pounce init: ${written.error}\n`);
      return EXIT_CODE.failed;
    }
    await print([...written.paths.map((path) => `wrote ${path}`), `next: ${next}`, ""].join("\n"));
    return EXIT_CODE.ok;
  },
});
