// `pounce build`: one executable with pounce and an app inside.
import { TARGET_NAMES } from "../../build/executable.ts";
import { absolutePath, logicalCwd } from "../../config/sources/paths.ts";
import { makeCommand } from "../command.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { print } from "../print.ts";

export const buildCommand = makeCommand({
  name: "build",
  does: [
    "Writes one executable with pounce and APP inside: it runs where neither Bun nor",
    "packages are. Put it in the place of a running one and send HUP to deploy it.",
  ],
  operand: { placeholder: "APP", expected: "a module", isRequired: true },
  flags: [
    {
      name: "outfile",
      short: "o",
      placeholder: "FILE",
      expected: "a path",
      meaning: "executable to write, replaced in one step; required",
    },
    {
      name: "target",
      placeholder: "NAME",
      expected: `one of ${TARGET_NAMES.join(", ")}`,
      choices: TARGET_NAMES,
      meaning: "what it is to run on",
      defaultText: "this system",
    },
    {
      name: "base",
      placeholder: "FILE",
      expected: "a path",
      meaning: "pounce's executable for that system",
      defaultText: "this one",
    },
  ],
  notes: [
    "All that the app imports is inside, also .node files and { type: 'file' };",
    "what it opens by its path is not.",
    "",
  ],
  examples: [
    "pounce build ./app.ts -o server && ./server --port 3000",
    "pounce build ./app.ts -o server --target linux-arm64 --base arm64/pounce",
  ],
  async run({ operand: app = "", flags }) {
    const cwd = logicalCwd(process.env["PWD"]);
    const path = (name: string): string | undefined => {
      const value = flags.get(name)?.[0];
      return value === undefined ? undefined : absolutePath(cwd, value);
    };
    const outfile = path("outfile");
    if (outfile === undefined || flags.get("outfile")?.[0] === "") {
      process.stderr.write("pounce build: -o: expected the file to write, got nothing\n");
      return EXIT_CODE.usage;
    }
    const { buildExecutable } = await import("../../build/build.ts");
    const target = TARGET_NAMES.find((name) => name === flags.get("target")?.[0]);
    const base = path("base");
    const result = await buildExecutable({ app, folder: cwd, outfile, base, target });
    if (!result.ok) {
      process.stderr.write(`pounce build: ${result.error}\n`);
      return result.cause === "usage" ? EXIT_CODE.usage : EXIT_CODE.failed;
    }
    const size = `${(result.bytes / 1e6).toFixed(1)} MB`;
    await print(`wrote ${outfile} (${size}, ${result.target})\n`);
    return EXIT_CODE.ok;
  },
});
