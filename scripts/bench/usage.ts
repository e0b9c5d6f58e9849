// What `bun run bench -- --help` prints.
import { COMPARING_NAMES, DEFAULT_NAMES, GROUPS, MEASURES } from "./measures.ts";

const WIDTH = 98;

/** The names behind what they are, on lines of their own that are indented. */
function list(what: string, names: readonly string[]): string {
  const lines = [`  ${what}:`];
  for (const name of names) {
    const line = `${lines.at(-1)} ${name}`;
    if (line.length > WIDTH) lines.push(`    ${name}`);
    else lines[lines.length - 1] = line;
  }
  return lines.join("\n");
}

const GROUPED = Object.entries(GROUPS).map(([name, names]) => list(name, names));

export const USAGE = `Measures what pounce costs, and says which goal is missed.

  bun run bench -- [MEASUREMENT...] [OPTION...]
  bun run bench -- compare BEFORE.json AFTER.json

Measurements (without a name: ${DEFAULT_NAMES.join(", ")}, in under five minutes):
${list("all", Object.keys(MEASURES))}
Names that stand for several:
${GROUPED.join("\n")}

Options:
  --full             measures all, each in more rounds: an hour and a half, of which 1,000
                     reloads take 25 minutes
  --rounds N         repeats each comparison N times (12; 20 with --full), and one that takes long
                     fewer times; from 6 on, a figure has a 95 % interval
  --seconds S        the length of a slice of load without a reload (0.5)
  --executable PATH  measures this pounce, instead of building one
  --against PATH     measures an older pounce in the same rounds: what has changed since;
                     goes with ${COMPARING_NAMES.join(", ")}
  --json FILE        writes all that was found; "-" is stdout, where nothing else is written then
  --write            writes what "peers" finds into the manual
  --help             prints this

A reload is a SIGHUP once a new version of the app is written: it replaces every worker.

Exit code 0: every goal is met; 1: one is missed; 3: none is missed, but a verdict is "noise":
more rounds, or a quieter machine, may tell; 2: the command line is wrong; 130, 143: interrupted.

Some goals are missed on the authors' machine too: src/manual/costs.md has what it measures.`;
