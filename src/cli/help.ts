/** Lays out the help of a command, so that it fits a terminal. */
import type { Flag } from "./flags.ts";

/** A flag with what holds when it is absent. */
export interface HelpFlag extends Flag {
  readonly defaultText?: string | undefined;
}

/** What the help of a command says. */
export interface Help {
  /** The command line and what it does, a line each. */
  readonly usage: readonly string[];
  readonly flags: readonly HelpFlag[];
  /** Lines below the flags. */
  readonly notes: readonly string[];
  readonly examples: readonly string[];
}

/** The help as one text that ends with a line end. */
export function renderHelp({ usage, flags, notes, examples }: Help): string {
  const rows = flags.map(({ name, short, placeholder, meaning, defaultText }) => ({
    names:
      `  ${short === undefined ? "   " : `-${short},`} --${name} ${placeholder ?? ""}`.trimEnd(),
    meaning: defaultText === undefined ? meaning : `${meaning} [${defaultText}]`,
  }));
  const width = Math.max(...rows.map(({ names }) => names.length));
  return [
    ...usage,
    "",
    ...rows.map(({ names, meaning }) => `${names.padEnd(width)}  ${meaning}`),
    "",
    ...notes,
    ...examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}
