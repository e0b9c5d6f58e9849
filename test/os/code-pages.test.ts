// Which pages of the executable may be given back: it depends on how Bun's executable is laid out.
import { expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { isNeverWritten } from "../../src/os/code-pages.ts";

test.each([
  ["r-xp", "01838000", true],
  ["r-xp", "00000000", true],
  ["r--p", "00000000", true],
  // What the linker has written, and then protected.
  ["r--p", "06656000", false],
  ["rw-p", "0665e000", false],
  ["rw-p", "00000000", false],
])("pages mapped %s at %s are given back: %p", (access, offset, expected) => {
  expect(isNeverWritten(access, offset)).toBe(expected);
});

interface Mapping {
  readonly access: string;
  readonly offset: string;
  readonly anonymousKb: number;
}

/** How this executable is mapped, and what of each mapping is not as in the file. */
function ownMappings(): Mapping[] {
  const executable = readlinkSync("/proc/self/exe");
  const smaps = readFileSync("/proc/self/smaps", "utf8");
  return smaps.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/).flatMap((text) => {
    const [head = ""] = text.split("\n", 1);
    const [, access = "", offset = "", , , path] = head.split(/\s+/);
    const anonymousKb = Number(/^Anonymous:\s+(\d+) kB$/m.exec(text)?.[1]);
    return path === executable ? [{ access, offset, anonymousKb }] : [];
  });
}

test("Bun has written to none of the pages that are given back, its code and its constants", () => {
  const given = ownMappings().filter(({ access, offset }) => isNeverWritten(access, offset));
  expect(given.map(({ access }) => access).toSorted()).toEqual(["r--p", "r-xp"]);
  expect(given.map(({ anonymousKb }) => anonymousKb)).toEqual([0, 0]);
});
