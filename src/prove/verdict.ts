// Whether nothing was lost, and if not, what was wrong, in one sentence.
import { stalled } from "./doubts.ts";
import type { Evidence, Reload } from "./evidence.ts";
import { lossesOf } from "./load/result.ts";
import { counted } from "./words.ts";

export interface Verdict {
  readonly ok: boolean;
  /** It begins with one word and a colon. */
  readonly sentence: string;
}

/** Nothing is proven by what did not happen: a mode without an answer, a reload that failed. */
export function verdictOf(evidence: Evidence): Verdict {
  const { modes, reloads } = evidence;
  const requests = sum(modes.map((mode) => mode.requests));
  const lost = sum(modes.map(lossesOf));
  const wrong = [...wrongReloads(evidence), ...wrongEnds(evidence)];
  const { loadProblem } = evidence;
  const unproven = [
    ...(loadProblem === undefined ? [] : [loadProblem]),
    ...(modes.length > 0 && reloads.length === 0 ? ["there was no reload"] : []),
    ...silentModes(evidence),
    ...missingModes(evidence),
    ...evidence.unproven,
  ];
  const over = `over ${counted(reloads.length, "reload")}`;
  const loss = `${counted(lost, "request")} of ${counted(requests)} ${over}`;
  const told = [...(lost > 0 ? [loss] : []), ...wrong, ...unproven].join("; ");
  if (lost > 0 && mayBeOurs(evidence)) {
    const why = `${stalled(evidence.stalledMs)}, which may have lost what was lost`;
    return { ok: false, sentence: `Unproven: ${told}; ${why}` };
  }
  if (lost > 0) return { ok: false, sentence: `Lost: ${told}` };
  if (wrong.length > 0) return { ok: false, sentence: `Failed: ${told}` };
  if (unproven.length > 0) return { ok: false, sentence: `Unproven: ${told}` };
  const how = modes.length === 1 ? "one mode" : `${modes.length} modes`;
  const what = `none of ${counted(requests)} requests in ${how} was lost`;
  return { ok: true, sentence: `Proven: ${what} ${over}` };
}

/** All that was lost is what servers do to a client that stands still. */
function mayBeOurs({ modes, stalledMs }: Evidence): boolean {
  return stalledMs > 0 && modes.every(({ lost }) => lost.refused + lost.wrong === 0);
}

function wrongReloads({ reloads }: Evidence): string[] {
  const rejected = reloads.filter(isWronglyRejected);
  const accepted = reloads.filter(isWronglyAccepted);
  return [
    ...rejected
      .slice(0, 1)
      .map(({ number, reason }) => `reload ${number} was rejected: ${firstLine(reason)}`),
    ...(rejected.length > 1 ? [`so were ${rejected.length - 1} more`] : []),
    ...accepted.map(({ number, version }) => `reload ${number} accepted a version that ${version}`),
  ];
}

/** An app's error has many, with the place and the code. */
export function firstLine(reason: string | undefined): string {
  return reason?.split("\n", 1)[0] ?? "";
}

function isWronglyRejected({ version, outcome }: Reload): boolean {
  return version === "good" && outcome === "rejected";
}

function isWronglyAccepted({ version, outcome }: Reload): boolean {
  return version !== "good" && outcome === "completed";
}

function wrongEnds({ died, stopProblem }: Evidence): string[] {
  return [
    ...(died === undefined ? [] : [`the server died: ${died}`]),
    ...(stopProblem === undefined ? [] : [stopProblem]),
  ];
}

/** Modes in which there was load, but no answer. */
function silentModes({ modes }: Evidence): string[] {
  if (modes.length === 0) return ["no mode could be run"];
  const silent = modes.filter((mode) => mode.requests - lossesOf(mode) === 0);
  if (silent.length === 0) return [];
  const names = silent.map(({ mode }) => mode).join(", ");
  return [`no answer came in the mode${silent.length === 1 ? "" : "s"} ${names}`];
}

function missingModes({ notRun }: Evidence): string[] {
  return notRun
    .filter(({ wasAskedFor }) => wasAskedFor)
    .map(({ mode, why }) => `the mode ${mode} could not be run: ${why}`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
