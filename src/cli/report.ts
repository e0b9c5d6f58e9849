// What pounce says to a person: a consola instance whose reporter writes results to stdout, and
// warnings and errors to stderr.
import { styleText } from "node:util";
import { createConsola, LogLevels, type LogType } from "consola/basic";
import { printable } from "../log/printable.ts";
import { isTerminal } from "../os/is-terminal.ts";
import { printLater } from "./print.ts";

export type Colour = "green" | "yellow" | "red";

/** The colour in which a line starts on a terminal. */
const COLOURS: Partial<Record<LogType, Colour>> = {
  success: "green",
  warn: "yellow",
  error: "red",
};

export const STDOUT = 1;
const STDERR = 2;

/**
 * `success`: what was done, on one line; `log`: text as it is, or with a coloured mark; `warn`,
 * `error`: one line that starts with who says it.
 */
export const report = createConsola({
  level: LogLevels.info,
  // By default consola withholds repeated lines.
  throttle: 0,
  reporters: [
    {
      log: ({ type, level, args: [text, colour = COLOURS[type]] }) => {
        const descriptor = level <= LogLevels.warn ? STDERR : STDOUT;
        const shown = inColour(printable(String(text)), colour as Colour | undefined, descriptor);
        const line = `${shown}\n`;
        if (descriptor === STDERR) process.stderr.write(line);
        else printLater(line);
      },
    },
  ],
});

/** Whether output there may have colours. */
export function hasColours(descriptor: number): boolean {
  return isTerminal(descriptor) && !process.env["NO_COLOR"];
}

/** The coloured part: who speaks or what was done, up to a colon, or a mark. */
const BEGINNING = /^(pounce( [a-z]+)?:|[A-Z][a-z]+:|(ok|warn|FAIL)(?= ))/;

/** A line with its start in colour, if there may be colours. */
function inColour(text: string, colour: Colour | undefined, descriptor: number): string {
  if (colour === undefined || !hasColours(descriptor)) return text;
  // The colour is meant for the stream that was checked, not for the one that Bun would check.
  return text.replace(BEGINNING, (words) => styleText(colour, words, { validateStream: false }));
}
