// `pounce build`: one executable with pounce and an app inside.
import { TARGET_NAMES } from "../../build/executable.ts";
import { absolutePath, logicalCwd } from "../../os/paths.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { defineCommand } from "../define.ts";
import { usage } from "../failure.ts";
import { report } from "../report.ts";

export const buildCommand = defineCommand({
  meta: {
    name: "build",
    description: "write one executable with pounce and an app inside",
    help: [
      "Writes one executable with pounce and APP inside: it runs where neither Bun nor",
      "packages are installed. To deploy, replace a running one with it and send HUP.",
    ],
    notes: [
      "It contains all that the app imports, .node files and { type: 'file' } too,",
      "but not the files that the app opens by path. It says where the app asks for",
      "the folder of its own code, which is of no use in an executable.",
      "",
    ],
    examples: [
      "pounce build ./app.ts -o server && ./server --port 3000",
      "pounce build ./app.ts -o server --target linux-arm64 --base arm64/pounce",
    ],
  },
  args: {
    app: { type: "positional", valueHint: "APP", expected: "a module", required: true },
    outfile: {
      type: "string",
      alias: "o",
      valueHint: "FILE",
      expected: "the file to write",
      description: "executable to write, replaced in one step; required",
      required: true,
    },
    target: {
      type: "enum",
      options: [...TARGET_NAMES],
      valueHint: "NAME",
      expected: `one of ${TARGET_NAMES.join(", ")}`,
      description: "the system it will run on",
      unset: "this system",
    },
    base: {
      type: "string",
      valueHint: "FILE",
      expected: "a path",
      description: "pounce's executable for that system",
      unset: "this one",
    },
  },
  async run({ args }) {
    if (args.outfile === "") return usage('--outfile: expected the file to write, got ""');
    const folder = logicalCwd(process.env["PWD"]);
    const outfile = absolutePath(folder, args.outfile);
    const base = args.base === undefined ? undefined : absolutePath(folder, args.base);
    const { app, target } = args;
    const { buildExecutable } = await import("../../build/build.ts");
    const result = await buildExecutable({ app, folder, outfile, base, target });
    if (!result.ok) return { code: result.cause, message: result.error };
    const size = `${(result.bytes / 1e6).toFixed(1)} MB`;
    for (const note of result.notes) report.warn(`pounce build: ${note}`);
    report.log(`wrote ${outfile} (${size}, ${result.target})`);
    return EXIT_CODE.ok;
  },
});
