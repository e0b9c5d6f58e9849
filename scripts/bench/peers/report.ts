// What the manual says about one run: text and plot, from the outcomes alone.
import { CONNECTIONS } from "../measure.ts";
import { WORKERS } from "../servers.ts";
import { LEAST_FOR_INTERVAL } from "../statistics.ts";
import { panelsOf } from "./bars.ts";
import { behind } from "./behind.ts";
import { LOSSES, reloadsOf, withCommas } from "./figures.ts";
import type { Outcome } from "./outcome.ts";
import { svg } from "./plot.ts";
import { changesTable, steadyTable } from "./tables.ts";

export const OURS = "pounce";

export interface Run {
  readonly outcomes: readonly Outcome[];
  /** What was left out, and why. */
  readonly skipped: readonly string[];
  readonly rounds: number;
  /** Such as `2026-11-27`. */
  readonly date: string;
  /** Processors and kernel. */
  readonly machine: string;
}

const COLUMNS = 80;

/** The part of the chapter that a run writes. */
export function chapterPart(run: Run): string {
  const { outcomes, skipped, rounds, date, machine } = run;
  const versions = [...new Set(outcomes.map(({ version }) => version))].join("; ");
  return [
    wrapped(`${date}, ${machine}. ${spreadText(rounds)}`),
    wrapped(`Versions: ${versions}.`),
    ...skipped.map((why) => wrapped(`Left out: ${why}.`)),
    steadyTable(outcomes),
    wrapped(reloadsText(outcomes)),
    changesTable(outcomes),
    wrapped(unfinishedText(outcomes)),
    wrapped(busyText(outcomes)),
    "## Where pounce is behind",
    behindText(run),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function spreadText(rounds: number): string {
  if (rounds === 1) return "One round: it has no spread, and what differs may be noise.";
  const median = `The median of ${rounds} rounds; behind ±, how far`;
  if (rounds >= LEAST_FOR_INTERVAL) return `${median} its 95 % interval goes.`;
  return (
    `${median} the range of all goes, since they are too few for a 95 % interval (which start ` +
    `and first new answer have: a round has three of them).`
  );
}

function reloadsText(outcomes: readonly Outcome[]): string {
  const [anew, kept] = LOSSES.map((figure) => reloadsOf(outcomes, figure));
  return (
    `A reload replaces all workers by those of a new version, under load. Each server had ` +
    `${anew} with a new connection for each request, and ${kept} on connections that stay open: ` +
    `lost are the requests without a right answer over all of them, of all that were sent.`
  );
}

function unfinishedText(outcomes: readonly Outcome[]): string {
  const names = outcomes.flatMap(({ name, anew, kept }) => {
    const count = (anew?.unfinished ?? 0) + (kept?.unfinished ?? 0);
    if (count === 0) return [];
    return [`${name} (${count === 1 ? "once" : `${count} times`})`];
  });
  if (names.length === 0) return "";
  return (
    `\\* Old workers were still there after eight seconds, since their clients went on asking: ` +
    `${names.join(", ")}. What their end cuts is not counted, and no reload follows in that round.`
  );
}

function busyText(outcomes: readonly Outcome[]): string {
  const least = Math.min(...outcomes.map(({ busy }) => busy.median));
  return (
    `Under full load the machine's processors were ${percent(least)} to ` +
    `${percent(Math.max(...outcomes.map(({ busy }) => busy.median)))} busy, clients included: ` +
    `no client was what limited a server, but what the clients themselves need makes the fastest ` +
    `servers more alike than the CPU time of their requests is.`
  );
}

function behindText({ outcomes, rounds }: Run): string {
  const ours = outcomes.find(({ name }) => name === OURS);
  if (ours === undefined) throw new Error(`${OURS} was not measured`);
  if (rounds === 1) return "One round cannot tell what is behind from what is noise.";
  const lines = behind(
    ours,
    outcomes.filter((outcome) => outcome !== ours),
  );
  if (lines.length === 0) return "In no figure by more than the noise.";
  const few = rounds < LEAST_FOR_INTERVAL ? `, as far as ${rounds} rounds can tell` : "";
  const lead = `How many times better others are, where the spreads of both do not meet${few}:`;
  return [`${wrapped(lead)}\n`, ...lines.map((line) => `- ${wrapped(line, 2)}`)].join("\n");
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** In lines that fit; all but the first have an indent. */
function wrapped(text: string, indent = 0): string {
  return Bun.wrapAnsi(text, COLUMNS - indent).replaceAll("\n", `\n${" ".repeat(indent)}`);
}

/** The plot as SVG. */
export function plotOf({ outcomes, rounds, date, machine }: Run): string {
  const clients = `${WORKERS} workers each, ${CONNECTIONS} clients on the same processors`;
  const from = rounds === 1 ? "one round" : `median of ${rounds} rounds, lines: spread`;
  const bars = `bars: ${from}, cut bars: not to scale`;
  return svg({
    title: "pounce beside other servers",
    subtitle: `${clients}; ${bars}`,
    notes: [`${date}, ${machine}; measured with: npm run bench -- peers`, ...starNote(outcomes)],
    panels: panelsOf(outcomes),
    ours: OURS,
  });
}

function starNote(outcomes: readonly Outcome[]): string[] {
  const isStarred = outcomes.some(({ anew, kept }) =>
    [anew, kept].some((losses) => (losses?.unfinished ?? 0) > 0),
  );
  return isStarred ? ["* some reloads did not end while clients went on asking"] : [];
}

/** All requests of a run over reloads, for a row of the report. */
export function requestsText({ answered, lost }: { answered: number; lost: number }): string {
  return `${withCommas(lost)} of ${withCommas(answered + lost)}`;
}
