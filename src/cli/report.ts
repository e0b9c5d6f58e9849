// What pounce says to a person: a consola of its own, whose reporter writes results to stdout, and
// warnings and errors to stderr.
import { isatty } from "node:tty";
import { styleText } from "node:util";
import { createConsola, LogLevels, type LogType } from "consola/basic";
import { printable } from "../log/printable.ts";
import { print } from "./print.ts";

type Colour = "green" | "yellow" | "red";

/** In this colour a line begins on a terminal. */
const COLOURS: Partial<Record<LogType, Colour>> = {
  success: "green",
  warn: "yellow",
  error: "red",
};

export const STDOUT = 1;
const STDERR = 2;

let writing: Promise<void> = Promise.resolve();

/**
 * `success`: what was done, on one line; `log`: text as it is; `warn`, `error`: one line that begins
 * with who says it.
 */
export const report = createConsola({
  level: LogLevels.info,
  // By default consola withholds lines that repeat.
  throttle: 0,
  reporters: [
    {
      log: ({ type, level, args: [text] }) => {
        const descriptor = level <= LogLevels.warn ? STDERR : STDOUT;
        const line = `${inColour(printable(String(text)), COLOURS[type], descriptor)}\n`;
        if (descriptor === STDERR) process.stderr.write(line);
        else writing = writing.then(() => print(line));
        // Whoever awaits `reported` hears of it; until then it is no unhandled rejection.
        writing.catch(() => undefined);
      },
    },
  ],
});

/** Resolves when all is written that was said. Throws `OutputError`. */
export function reported(): Promise<void> {
  return writing;
}

/** Whether what is written there may have colours. */
export function hasColours(descriptor: number): boolean {
  return isatty(descriptor) && !process.env["NO_COLOR"];
}

/** The word or two before the colon that such a line begins with. */
const BEGINNING = /^(pounce( [a-z]+)?|[A-Z][a-z]+):/;

/** The beginning of a line in a colour, where there may be colours. */
function inColour(text: string, colour: Colour | undefined, descriptor: number): string {
  if (colour === undefined || !hasColours(descriptor)) return text;
  // The colour is for the stream that has been asked about, not for the one that Bun would look at.
  return text.replace(BEGINNING, (words) => styleText(colour, words, { validateStream: false }));
}
