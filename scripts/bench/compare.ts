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

/** The rows that both have, each with both figures. */
export function compareRecords(before: Record, after: Record): string {
  const old = keyedRows(before);
  const lines = [...keyedRows(after)].flatMap(([key, row]) => {
    const was = old.get(key);
    return was === undefined ? [] : [line(was, row)];
  });
  const heads = [before, after].map(({ date, versions }) => `${date}  ${versions.pounce}`);
  const text = [`before: ${heads[0]}`, `after:  ${heads[1]}`, ""];
  return [...text, lines.length > 0 ? columns(lines) : "They have no row in common."].join("\n");
}

/** Rows by measurement and requirement; what explains a row has the row's own name before it. */
function keyedRows({ measures }: Record): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { name, rows: some } of measures) {
    let main = "";
    for (const row of some) {
      if (!row.requirement.startsWith(" ")) main = row.requirement;
      rows.set([name, main, row.requirement].join("\n"), row);
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

function difference(before: Estimate, after: Estimate): string {
  return before.low <= after.high && after.low <= before.high ? "within the intervals" : "clear";
}
