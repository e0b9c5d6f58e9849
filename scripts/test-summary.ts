// How many tests passed, failed or were skipped, read from what `bun test` prints at its end.

/** The last count of its kind, such as ` 253 pass`; 0 when there is none. */
export function countOf(output: string, kind: "pass" | "fail" | "skip"): number {
  const matches = [...output.matchAll(new RegExp(`^\\s*(\\d+) ${kind}$`, "gm"))];
  return Number(matches.at(-1)?.[1] ?? 0);
}
