// Two records of runs side by side: what was before, and what is after. Runs that were made at
// different times differ by what the machine did meanwhile; `--against` has no such difference.
import type { Row } from "./report.ts";
import { FORMAT, type Record } from "./record.ts";
import type { Estimate } from "./statistics.ts";
import { columns, formatEstimate, formatLimit } from "./table.ts";

/** Reads a record from the text of a file. Throws an error that names the file. */
export function parseRecord(file: string, text: string): Record {
  let record: Partial<Record> | null;
  try {
    // A figure that could not be measured is NaN, which JSON writes as null.
    record = JSON.parse(text, (_, value: unknown) => (value === null ? Number.NaN : value));
  } catch (error) {
    throw new Error(`${file}: not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (record?.format !== FORMAT || !Array.isArray(record.measures)) {
    throw new Error(`${file}: expected a file of \`--json\` with "format": ${FORMAT}`);
  }
  return record as Record;
}

/** The rows that both have, each with both figures; and which only one has. */
export function compareRecords(before: Record, after: Record): string {
  const [old, now] = [keyedRows(before), keyedRows(after)];
  const lines = [...now].flatMap(([key, row]) => {
    const was = old.get(key);
    return was === undefined ? [] : [line(was, row)];
  });
  const heads = [before, after].map(({ date, versions }) => `${date}  ${versions.pounce}`);
  const text = [`before: ${heads[0]}`, `after:  ${heads[1]}`, ""];
  text.push(lines.length > 0 ? columns(lines) : "They have no row in common.");
  text.push(...onlyIn("before", old, now), ...onlyIn("after", now, old));
  return text.join("\n");
}

/** Each row that the other record lacks, by measurement and what it explains. */
function onlyIn(name: string, rows: Map<string, Row>, others: Map<string, Row>): string[] {
  const keys = [...rows.keys()].filter((key) => !others.has(key));
  if (keys.length === 0) return [];
  return ["", `only ${name}:`, ...keys.map((key) => `  ${key.split("\n").join(" > ")}`)];
}

/** Rows by measurement and requirement; what explains a row has the row's own name before it. */
function keyedRows({ measures }: Record): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { name, rows: some } of measures) {
    let main = "";
    for (const row of some) {
      if (!row.requirement.startsWith(" ")) main = row.requirement;
      const own = row.requirement === main ? [] : [row.requirement.trim()];
      rows.set([name, main, ...own].join("\n"), row);
    }
  }
  return rows;
}

function line(before: Row, after: Row): { readonly [column: string]: string } {
  const { unit, limit } = after;
  const [was, is] = [before.measured, after.measured];
  const change = was === undefined || is === undefined ? Number.NaN : is.median / was.median;
  return {
    requirement: after.requirement,
    limit: limit === undefined ? "" : formatLimit(limit, unit),
    before: was === undefined ? "" : formatEstimate(was, unit),
    after: is === undefined ? "" : formatEstimate(is, unit),
    "after / before": Number.isFinite(change) ? change.toFixed(3) : "",
    difference: was === undefined || is === undefined ? "" : difference(was, is),
    "verdict before": before.verdict,
    "verdict after": after.verdict,
  };
}

/** Few rounds have a range instead of an interval, and one has nothing to tell noise by. */
function difference(before: Estimate, after: Estimate): string {
  const few = Math.min(before.few ?? Infinity, after.few ?? Infinity);
  if (few === 1) return "one round cannot tell";
  const [within, beyond] =
    few === Infinity ? ["within the intervals", "clear"] : ["within the ranges", "ranges apart"];
  return before.low <= after.high && after.low <= before.high ? within : beyond;
}
