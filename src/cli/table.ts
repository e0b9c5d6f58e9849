// Lays out a table for a terminal.

/** A number, with or without a unit; or none, or unknown. */
const NUMBER = /^((in )?\d[\w.]*|[-?])$/;

/** Rows of cells below their heads. Columns of numbers are right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((name, column) => {
    const cells = rows.map((row) => row[column] ?? "");
    const width = Math.max(name.length, ...cells.map((cell) => cell.length));
    return { width, isNumber: cells.every((cell) => NUMBER.test(cell)) };
  });
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const { width = 0, isNumber = false } = columns[column] ?? {};
        return isNumber ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line).join("\n");
}
