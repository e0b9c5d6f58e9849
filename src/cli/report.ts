// What pounce says to a person: a consola of its own, whose reporter writes results to stdout, and
// warnings and errors to stderr.
import { isatty } from "node:tty";
import { styleText } from "node:util";
import { createConsola, LogLevels, type LogType } from "consola/basic";
import { printable } from "../log/printable.ts";
import { printLater } from "./print.ts";

export type Colour = "green" | "yellow" | "red";

/** In this colour a line begins on a terminal. */
const COLOURS: Partial<Record<LogType, Colour>> = {
  success: "green",
  warn: "yellow",
  error: "red",
};

export const STDOUT = 1;
const STDERR = 2;

/**
 * `success`: what was done, on one line; `log`: text as it is, or with a colour for its mark;
 * `warn`, `error`: one line that begins with who says it.
 */
export const report = createConsola({
  level: LogLevels.info,
  // By default consola withholds lines that repeat.
  throttle: 0,
  reporters: [
    {
      log: ({ type, level, args: [text, colour = COLOURS[type]] }) => {
        const descriptor = level <= LogLevels.warn ? STDERR : STDOUT;
        const line = `${inColour(printable(String(text)), colour as Colour | undefined, descriptor)}\n`;
        if (descriptor === STDERR) process.stderr.write(line);
        else printLater(line);
      },
    },
  ],
});

/** Whether what is written there may have colours. */
export function hasColours(descriptor: number): boolean {
  return isatty(descriptor) && !process.env["NO_COLOR"];
}

/** What has the colour: who speaks or what was done, up to a colon, or a mark. */
const BEGINNING = /^(pounce( [a-z]+)?:|[A-Z][a-z]+:|(ok|warn|FAIL)(?= ))/;

/** The beginning of a line in a colour, where there may be colours. */
function inColour(text: string, colour: Colour | undefined, descriptor: number): string {
  if (colour === undefined || !hasColours(descriptor)) return text;
  // The colour is for the stream that has been asked about, not for the one that Bun would look at.
  return text.replace(BEGINNING, (words) => styleText(colour, words, { validateStream: false }));
}
