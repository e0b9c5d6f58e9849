/** The help of pounce as a whole: its commands, and where to read on. */
import { programName, withProgramName } from "./program.ts";
import { offeredCommands } from "./registry.ts";

/** What `pounce --help` prints. */
export function overviewText(): string {
  const commands = offeredCommands();
  const isPlain = programName() === "pounce";
  const width = Math.max(...commands.map(({ name }) => name.length));
  const text = [
    "pounce [COMMAND] [flags]",
    "Serves an app in worker processes; SIGHUP reloads it without losing one request.",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "pounce help COMMAND says more; pounce help lists the chapters of the manual.",
    "pounce --version names the version, and what it was built with and from.",
    ...(isPlain ? ["  pounce ./app.ts --port 3000 --workers 4"] : []),
    "  pounce --config pounce.toml",
    "",
  ].join("\n");
  return withProgramName(text);
}
