// Which pages of the executable may be given back: it depends on how Bun's executable is laid out.
import { expect, test } from "bun:test";
import { releasable } from "../../src/os/code-pages.ts";
import { findSection } from "../../src/os/sections.ts";

const BUNDLE = { offset: 0x6819000, size: 0x6a9f5b };

const CODE = { start: 0x1a40000, end: 0x684a000, isWritable: false };

test.each([
  ["1a40000-684a000 r-xp 01838000", CODE],
  ["1a40000-684a000 r-xp 00000000", CODE],
  ["200000-1a39000 r--p 00000000", { start: 0x200000, end: 0x1a39000, isWritable: false }],
  // What the linker has written, and then protected.
  ["685f000-6867000 r--p 06656000", undefined],
  ["684a000-685f000 rw-p 06641000", undefined],
  ["200000-1a39000 rw-p 00000000", undefined],
  // What is before our own code in its mapping stays, and so does a part of a page.
  ["6867000-70cc000 rw-p 0665e000", { start: 0x6a30000, end: 0x70c0000, isWritable: true }],
])("of the mapping %s this may be given back: %p", (mapping, given) => {
  const maps = `${mapping} fe:00 131 /bin/pounce\n${mapping} fe:00 132   /lib/other\n`;
  expect(releasable(maps, "/bin/pounce", BUNDLE)).toEqual(given === undefined ? [] : [given]);
});

test("an executable is found by a path with blanks, and after its file was replaced", () => {
  const maps = "1a40000-684a000 r-xp 01838000 fe:00 131     /a b/pounce (deleted)\n";
  expect(releasable(maps, "/a b/pounce (deleted)", BUNDLE)).toEqual([CODE]);
  expect(releasable(maps, "/a b/pounce", BUNDLE)).toEqual([]);
});

test("a section is found by its whole name; a file that is no ELF file has none", () => {
  const text = findSection(process.execPath, ".text");
  expect(text?.size).toBeGreaterThan(1_000_000);
  expect(findSection(process.execPath, ".tex")).toBeUndefined();
  expect(findSection(import.meta.path, ".text")).toBeUndefined();
});
