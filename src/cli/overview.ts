/** The help of pounce as a whole: its commands, and where to read on. */
import { COMMANDS } from "./registry.ts";

/** What `pounce --help` prints. */
export function overviewText(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "pounce [COMMAND] [flags]",
    "Serves an app in worker processes; SIGHUP reloads it without losing one request.",
    "",
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "pounce COMMAND --help says more; pounce serve --help lists every setting.",
    "pounce --version names the version, and what it was built with and from.",
    "  pounce ./app.ts --port 3000 --workers 4",
    "  pounce --config pounce.toml",
    "",
  ].join("\n");
}
