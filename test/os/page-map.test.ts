// What /proc/PID/pagemap says of pages of a file, and of pages that a process has written to.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isAsInFile } from "../../src/os/page-map.ts";

/** The first mapping whose line in /proc/PID/maps matches. */
function mapping(line: RegExp): { start: number; end: number } {
  const maps = readFileSync("/proc/self/maps", "utf8");
  const [, start = "", end = ""] = line.exec(maps) ?? [];
  return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) };
}

test("code of a library is as in its file", () => {
  expect(isAsInFile(mapping(/^(\w+)-(\w+) r-xp .* \S*libc\S*$/m))).toBe(true);
});

test("a stack is not, and neither is a part of it with pages that nobody has touched", () => {
  const stack = mapping(/^(\w+)-(\w+) rw-p .* \[stack\]$/m);
  expect(isAsInFile(stack)).toBe(false);
  expect(isAsInFile({ start: stack.end - 65_536, end: stack.end })).toBe(false);
});
