// What /proc/PID/pagemap says of pages of a file, and of pages that a process has written to.
import { expect, test } from "bun:test";
import { read } from "bun:ffi";
import { readFileSync } from "node:fs";
import { libc } from "../../src/os/libc.ts";
import { pagesIn } from "../../src/os/page-map.ts";

test("code is present and not written to, and what is present of the stack was written to", () => {
  const pageBytes = libc().getpagesize();
  const maps = readFileSync("/proc/self/maps", "utf8");
  const [, from = "", to = ""] = /^(\w+)-(\w+) r-xp .* \S*libc\S*$/m.exec(maps) ?? [];
  const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
  read.u8(start, 0);
  const code = pagesIn({ start, end });
  expect(code.present).toBeGreaterThan(0);
  expect(code.written).toBe(0);
  const [, stackEnd = ""] = /^\w+-(\w+) rw-p .* \[stack\]$/m.exec(maps) ?? [];
  const top = Number.parseInt(stackEnd, 16);
  const stack = pagesIn({ start: top - 2 * pageBytes, end: top });
  expect(stack.written).toBeGreaterThan(0);
  expect(stack.written).toBe(stack.present);
});
