// What `pounce prove` tells a person about one server.
import type { Evidence } from "../../prove/evidence.ts";
import { HEAD, linesOf, rowOf } from "../../prove/report-lines.ts";
import { verdictOf } from "../../prove/verdict.ts";
import { report } from "../report.ts";
import { table } from "../table.ts";

/** The table, what stands below it, and the verdict. */
export function tellEvidence(evidence: Evidence): void {
  const { ok, sentence } = verdictOf(evidence);
  const { modes, lastLines, died, reloads, stopProblem } = evidence;
  const isServerWrong =
    died !== undefined ||
    stopProblem !== undefined ||
    reloads.some(({ version, outcome }) => version === "good" && outcome === "rejected");
  if (isServerWrong) tellLines(lastLines);
  if (modes.length > 0) report.log(`\n${table(HEAD, modes.map(rowOf))}`);
  for (const line of linesOf(evidence)) report.log(line);
  report.log("");
  if (ok) report.success(sentence);
  else report.log(sentence, "red");
  report.log("");
}

/** The last lines of a server that has failed, on stderr. */
export function tellLines(lines: readonly string[]): void {
  if (lines.length === 0) return;
  const text = lines.map((line) => `  ${line}`).join("\n");
  process.stderr.write(`The server's last lines:\n${text}\n`);
}
