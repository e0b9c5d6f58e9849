// pounce beside other servers that reload, in one run: raw `Bun.serve`, a rolling restart of it by
// hand, Node's cluster, PM2, gunicorn, puma, nginx and HAProxy, each as its manual recommends.
import { cpus, release } from "node:os";
import { type Bench, type Findings, note } from "./measure.ts";
import { writeChapter } from "./peers/chapter.ts";
import { LOSSES } from "./peers/figures.ts";
import { outcomeOf } from "./peers/outcome.ts";
import { chapterPart, OURS, requestsText, type Run } from "./peers/report.ts";
import { measureRounds } from "./peers/rounds.ts";
import { findSubjects } from "./peers/subjects.ts";
import { judged, type Row, skipped } from "./report.ts";
import { exactly } from "./statistics.ts";

/** A round takes long: it has a share of the rounds that other measurements have. */
const ROUNDS_SHARE = 0.4;
const ROUND_SECONDS = 110;
/** To install PM2. */
const BEGIN_SECONDS = 15;
/** Each has processes of its own, so slices are not compared closely in time. */
const LEAST_SECONDS = 1;

function roundsOf({ rounds }: Pick<Bench, "rounds">): number {
  return Math.ceil(rounds * ROUNDS_SHARE);
}

/** About how long it takes if all servers are there. */
export function peersSeconds(bench: Pick<Bench, "rounds">): number {
  return BEGIN_SECONDS + ROUND_SECONDS * roundsOf(bench);
}

export async function peers(bench: Bench): Promise<Findings> {
  const { found, missing } = await findSubjects(bench.workspace);
  for (const { missing: name, install } of missing) {
    note(`${name} is not on this machine and is left out; to have it: ${install}`);
  }
  const rounds = roundsOf(bench);
  const seconds = Math.max(LEAST_SECONDS, bench.seconds);
  const { samples, failures } = await measureRounds(bench, found, rounds, seconds);
  const run: Run = {
    outcomes: [...samples].map(([subject, some]) => outcomeOf(subject, some)),
    skipped: [...missing.map((one) => `${one.missing} is not installed`), ...failures],
    rounds,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
  };
  note(`\n${chapterPart(run)}\n`);
  if (bench.isWritten) await writeChapter(run);
  const rows = [...lossRows(run), ...run.skipped.map((why) => skipped("peers", why))];
  const figures = [...samples].map(([{ name, version }, some]) => ({
    name,
    version,
    samples: some,
  }));
  return { rows, rounds: figures };
}

function describeMachine(): string {
  const [major, minor] = release().split(".");
  const all = cpus();
  return `${all.length} processors (${all[0]?.model ?? "unknown"}), Linux ${major}.${minor}`;
}

function lossRows({ outcomes }: Run): Row[] {
  return LOSSES.map(({ title, of }): Row => {
    const all = outcomes.flatMap((outcome) => {
      const losses = of(outcome);
      return losses === undefined ? [] : [{ name: outcome.name, losses }];
    });
    const ours = all.find(({ name }) => name === OURS)?.losses;
    return judged({
      requirement: `peers: ${title}, ${ours?.reloads ?? 0} reloads`,
      unit: "count",
      limit: { atMost: 0 },
      measured: exactly(ours?.lost ?? Number.NaN),
      detail: all
        .map(({ name, losses }) => {
          return `${name}: ${name === OURS ? requestsText(losses) : losses.lost}`;
        })
        .join("; "),
    });
  });
}
