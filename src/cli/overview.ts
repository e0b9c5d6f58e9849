// The help of pounce as a whole: its commands, and where to read on.
import { allCommands, type Root } from "./define.ts";
import { programName, withProgramName } from "./program.ts";

/** What `pounce --help` prints. This loads all commands, as each describes itself. */
export async function overviewText(root: Root): Promise<string> {
  const commands = await allCommands(root);
  const isPlain = programName() === "pounce";
  const width = Math.max(...commands.map((command) => command.meta.name.length));
  const rows = commands.map(({ meta: { name, description } }) => {
    return `  ${name.padEnd(width)}  ${description}`;
  });
  const text = [
    `${root.meta.name} [COMMAND] [flags]`,
    root.meta.description,
    "",
    ...rows,
    "",
    "pounce help COMMAND says more; pounce help lists the chapters of the manual.",
    "pounce --version prints the version, with Bun's, the target and the commit.",
    ...(isPlain ? ["  pounce ./app.ts --port 3000 --workers 4"] : []),
    "  pounce --config pounce.toml",
    "",
  ].join("\n");
  return withProgramName(text);
}
