// pounce beside other servers that reload, in one run: raw `Bun.serve`, a rolling restart of it by
// hand, Node's cluster, PM2, gunicorn, puma, nginx and HAProxy, each as its manual recommends.
import { cpus, release } from "node:os";
import { type Bench, note } from "./measure.ts";
import { writeChapter } from "./peers/chapter.ts";
import { LOSSES } from "./peers/figures.ts";
import { outcomeOf } from "./peers/outcome.ts";
import { chapterPart, OURS, requestsText, type Run } from "./peers/report.ts";
import { measureRounds } from "./peers/rounds.ts";
import { findSubjects } from "./peers/subjects.ts";
import { atMost, type Row } from "./report.ts";

/** A round takes nearly two minutes. */
const ROUNDS_SHARE = 0.25;

export async function peers(bench: Bench): Promise<Row[]> {
  const { found, missing } = await findSubjects(bench.workspace);
  for (const { missing: name, install } of missing) {
    note(`${name} is not on this machine and is left out; to have it: ${install}`);
  }
  const rounds = Math.ceil(bench.rounds * ROUNDS_SHARE);
  const { samples, failures } = await measureRounds(found, rounds, bench.seconds);
  const run: Run = {
    outcomes: [...samples].map(([subject, some]) => outcomeOf(subject, some)),
    skipped: [...missing.map((one) => `${one.missing} is not installed`), ...failures],
    rounds,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
  };
  console.log(`\n${chapterPart(run)}\n`);
  if (bench.isWritten) await writeChapter(run);
  return [...lossRows(run), ...run.skipped.map(skippedRow)];
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
    return {
      requirement: `peers: ${title}, ${ours?.reloads ?? 0} reloads`,
      limit: "0",
      measured: ours === undefined ? "" : requestsText(ours),
      control: all
        .filter(({ name }) => name !== OURS)
        .map(({ name, losses }) => `${name}: ${losses.lost}`)
        .join("; "),
      verdict: atMost(ours?.lost ?? Number.NaN, 0),
    };
  });
}

function skippedRow(why: string): Row {
  return { requirement: "peers", limit: "", measured: why, control: "", verdict: "skipped" };
}
