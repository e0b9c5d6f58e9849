// What another user may do with a file, judged by owner, group and mode.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closedTo, isRootsAlone, isRootsFile, permits, WRITE } from "../../src/os/permissions.ts";

const WHO = { uid: 33, gid: 33, groups: [4] };

test.each([
  ["its own file", { uid: 33, gid: 0, mode: 0o600 }, true],
  ["its own file, which it may only read", { uid: 33, gid: 33, mode: 0o477 }, false],
  ["a file of its group", { uid: 0, gid: 33, mode: 0o660 }, true],
  ["a file of another of its groups", { uid: 0, gid: 4, mode: 0o660 }, true],
  ["a file of its group, which only others may write", { uid: 0, gid: 33, mode: 0o602 }, false],
  ["a file of others", { uid: 0, gid: 0, mode: 0o644 }, false],
  ["a file for everybody", { uid: 0, gid: 0, mode: 0o666 }, true],
] as const)("a user may write %s", (_, file, expected) => {
  expect(permits(file, WHO, WRITE)).toBe(expected);
});

test("root may do everything", () => {
  expect(permits({ uid: 1, gid: 1, mode: 0 }, { uid: 0, gid: 0, groups: [] }, WRITE)).toBe(true);
});

test("the first folder that a user may not enter is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "permissions-"));
  try {
    mkdirSync(join(folder, "in/side"), { recursive: true });
    expect(closedTo(join(folder, "in/side"), WHO)).toBe(folder);
    chmodSync(folder, 0o711);
    expect(closedTo(join(folder, "in/side"), WHO)).toBeUndefined();
    chmodSync(join(folder, "in"), 0o700);
    expect(closedTo(join(folder, "in/side"), WHO)).toBe(join(folder, "in"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("/etc is root's alone, and /tmp is not", () => {
  expect(isRootsAlone("/etc")).toBe(true);
  expect(isRootsAlone("/tmp")).toBe(false);
});

test("/etc/passwd is a file of root's, and one that is not there is nobody's", () => {
  expect(isRootsFile("/etc/passwd")).toBe(true);
  expect(isRootsFile("/etc/no-such-file")).toBeUndefined();
});
