// Finds the valid name that a mistyped one was probably meant to be.
import { namesHere } from "./other-names.ts";

/** Keys that other servers have and this one refuses, by their end, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  http3:
    "HTTP/3 is not served: where several processes share an address, clients that are connected " +
    "stall whenever one joins or leaves, as at each reload",
};

/**
 * The number of single-character insertions, deletions, replacements and swaps of neighbours that
 * turn one text into the other (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(
        cell(previous, column) + 1,
        cell(current, column - 1) + 1,
        cell(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) {
        best = Math.min(best, cell(beforePrevious, column - 2) + 1);
      }
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return cell(previous, to.length);
}

/** The cell of a row that the recurrence has filled already. */
function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/**
 * The suggestion for a name that is not valid, ready to be put in brackets: `did you mean
 * "workers"?` for a name that was mistyped or only begun. If nothing is similar: `the nearest valid
 * key is "port"`. Case and the choice between "-" and "_" do not count as differences.
 * @param kind what the names are, in the singular: "key", "flag"
 * @param valid the valid names, at least one
 */
export function suggest(name: string, kind: string, valid: readonly string[]): string {
  const refused = REFUSED[bare(name).split("_").at(-1) ?? ""];
  if (refused !== undefined) return refused;
  const here = namesHere(bare(name));
  const meant = valid.filter((candidate) => here.includes(bare(candidate)));
  if (meant.length > 0) return `did you mean ${meant.map((it) => `"${it}"`).join(" and ")}?`;
  const distances = valid.map((candidate) => ({
    candidate,
    distance: editDistance(fold(name), fold(candidate)),
  }));
  const nearest = distances.reduce((a, b) => (b.distance < a.distance ? b : a));
  // Nobody mistypes two letters and gets the end of another name: `--cert` is `--tls-cert`.
  const ends = valid.filter((candidate) => fold(candidate).endsWith(`_${bare(name)}`));
  const [whole] = ends;
  if (whole !== undefined && ends.length === 1 && nearest.distance > 1) {
    return `did you mean "${whole}"?`;
  }
  // Beyond about a third of the letters, two names have nothing to do with each other.
  const isTypo = nearest.distance <= Math.max(1, Math.floor(nearest.candidate.length / 3));
  if (isTypo) return `did you mean "${nearest.candidate}"?`;
  const begun = valid.find((candidate) => isBeginning(bare(name), bare(candidate)));
  return begun === undefined
    ? `the nearest valid ${kind} is "${nearest.candidate}"`
    : `did you mean "${begun}"?`;
}

/** One or two letters say too little. */
function isBeginning(name: string, whole: string): boolean {
  return name.length >= 3 && whole.startsWith(name);
}

/**
 * The name without the dashes of a flag or the prefix of a variable, in lower case and with "_"
 * between its words.
 */
export function bare(name: string): string {
  return fold(name).replace(/^(_+|pounce_)/, "");
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}
