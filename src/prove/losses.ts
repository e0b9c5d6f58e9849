// The first losses in words, each with the reload that it fell into.
import type { Reload } from "./evidence.ts";
import type { Mode } from "./load/plan.ts";
import type { ModeResult } from "./load/result.ts";
import type { LossNote } from "./load/tally.ts";
import { seconds, shortTime } from "./words.ts";

export interface DescribedLoss extends LossNote {
  readonly mode: Mode;
  /** The number of the last reload that had begun; undefined: none had. */
  readonly reload: number | undefined;
  /** `14ms after reload 2 began`. */
  readonly when: string;
}

/** The first of all modes, in the order in which they happened; of those that are alike, one. */
export function firstLosses(
  modes: readonly Pick<ModeResult, "mode" | "firstLosses">[],
  reloads: readonly Reload[],
  most: number,
): DescribedLoss[] {
  const all = modes.flatMap(({ mode, firstLosses: notes }) =>
    notes.map((note) => described(note, mode, reloads)),
  );
  const sorted = all.toSorted((a, b) => a.atMs - b.atMs);
  const alike = ({ mode, reload, words }: DescribedLoss): string => `${mode} ${reload} ${words}`;
  const told = new Set<string>();
  const distinct = sorted.filter((loss) => {
    const isNew = !told.has(alike(loss));
    told.add(alike(loss));
    return isNew;
  });
  return distinct.slice(0, most);
}

/** What the system calls it, in words. */
const NAMES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOENT: "the socket's file is not there",
  ECONNRESET: "connection reset",
  ECONNABORTED: "connection aborted",
  ETIMEDOUT: "connection timed out",
};

function described(note: LossNote, mode: Mode, reloads: readonly Reload[]): DescribedLoss {
  const words = note.words.replace(/^E[A-Z]+(?=$| )/, (name) => NAMES[name] ?? name);
  return { ...note, words, mode, ...placed(note.atMs, reloads) };
}

/** What a time falls into. */
function placed(atMs: number, reloads: readonly Reload[]): Pick<DescribedLoss, "reload" | "when"> {
  const last = reloads.findLast(({ beganMs }) => beganMs <= atMs);
  if (last === undefined) return { reload: undefined, when: "before the first reload" };
  const { number, beganMs, endedMs, version } = last;
  const what = version === "good" ? `reload ${number}` : `reload ${number} (${version})`;
  const when =
    atMs <= endedMs
      ? `${shortTime(atMs - beganMs)} after ${what} began`
      : `${shortTime(atMs - endedMs)} after ${what} had ended`;
  return { reload: number, when };
}

/** `2.31 s, 14ms after reload 2 began, connection: …` */
export function lossLine({ atMs, when, mode, words }: DescribedLoss): string {
  return `${seconds(atMs)}, ${when}, ${mode}: ${words}`;
}
