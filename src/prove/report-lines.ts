// What a person reads at the end: the modes as rows, then reloads, connections, losses.
import type { Evidence, Reload } from "./evidence.ts";
import { LOSS_KINDS } from "./load/loss.ts";
import type { Mode } from "./load/plan.ts";
import { lossesOf, type ModeResult } from "./load/result.ts";
import { firstLosses, lossLine } from "./losses.ts";
import { counted, median, shortTime } from "./words.ts";

export const HEAD = ["mode", "requests", "lost", "p50", "p99", "longest gap", ""] as const;

/** How many losses are told one by one. */
const MOST_TOLD = 5;

/** A row of the table; the last cell says how requests were lost. */
export function rowOf(result: ModeResult): string[] {
  const { mode, requests, lost, p50Ms, p99Ms, longestGapMs } = result;
  const kinds = LOSS_KINDS.filter((kind) => lost[kind] > 0);
  return [
    mode,
    String(requests),
    String(lossesOf(result)),
    shortTime(p50Ms),
    shortTime(p99Ms),
    shortTime(longestGapMs),
    kinds.map((kind) => `${lost[kind]} ${kind}`).join(", "),
  ];
}

/** What stands below the table, a line each. */
export function linesOf(evidence: Evidence): string[] {
  const { modes, notRun, doubts, untried } = evidence;
  return [
    ...modes.flatMap(sentAwayLine),
    ...notRun.map(({ mode, why }) => `${mode}: not run: ${why}`),
    ...doubts.map((what) => `note: ${what}`),
    ...untried.map((what) => `not tried: ${what}`),
    "",
    reloadLine(evidence),
    ...badLine(evidence),
    ...rejectionLines(evidence),
    connectionLine(evidence),
    ...lossLines(evidence),
  ];
}

/** How clients were told to come again, which is no loss. */
function sentAwayLine({ mode, sentAway }: ModeResult): string[] {
  const ways = Object.entries(sentAway).map(([words, times]) => `${words} (${counted(times)})`);
  return ways.length === 0 ? [] : [`${mode}: came again, no loss: ${ways.join(", ")}`];
}

function reloadLine({ reloads }: Evidence): string {
  const good = reloads.filter(({ version }) => version === "good");
  const done = good.filter(isCompleted);
  const [readyMs, drainMs] = [
    median(done.flatMap((it) => it.readyMs ?? [])),
    median(done.flatMap((it) => it.drainMs ?? [])),
  ];
  const medians =
    readyMs === undefined
      ? ""
      : `; medians: new after ${shortTime(readyMs)}, old gone ${shortTime(drainMs)} later`;
  return `reloads: ${done.length} done, ${good.length - done.length} rejected${medians}`;
}

/** All of the first rejection, if that is more than the verdict says. */
function rejectionLines({ reloads }: Evidence): string[] {
  const first = reloads.find((it) => it.version === "good" && !isCompleted(it));
  const lines = first?.reason?.split("\n") ?? [];
  if (first === undefined || lines.length < 2) return [];
  return ["", `reload ${first.number} was rejected:`, ...lines.map((line) => `  ${line}`), ""];
}

function badLine({ reloads }: Evidence): string[] {
  const bad = reloads.filter(({ version }) => version !== "good");
  if (bad.length === 0) return [];
  const kinds = [...new Set(bad.map(({ version }) => version))];
  const accepted = bad.filter(isCompleted).length;
  return [
    `bad versions: ${bad.length - accepted} rejected, ${accepted} accepted (${kinds.join(", ")})`,
  ];
}

function isCompleted({ outcome }: Reload): boolean {
  return outcome === "completed";
}

const ONE_EACH: ReadonlySet<Mode> = new Set(["connection", "silent", "h2-connection"]);

/** Those of the modes in which each request has a connection of its own. */
export function newConnections({ modes }: Pick<Evidence, "modes">): number {
  return modes
    .filter(({ mode }) => ONE_EACH.has(mode))
    .reduce((sum, { requests }) => sum + requests, 0);
}

function connectionLine(evidence: Evidence): string {
  const perSecond = Math.round(newConnections(evidence) / Math.max(evidence.seconds, 0.001));
  const time = `${evidence.seconds.toFixed(1)} s`;
  return `load: ${counted(perSecond)} new connections a second for ${time}, seed ${evidence.seed}`;
}

function lossLines({ modes, reloads }: Evidence): string[] {
  const told = firstLosses(modes, reloads, MOST_TOLD);
  const head = told.length === 0 ? [] : ["", "the first losses:"];
  return [...head, ...told.map((loss) => `  ${lossLine(loss)}`)];
}
