// Which file workers are started from, whatever happens to it on the disk.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExecutableFiles, invokedPath } from "../../../src/master/plan/executable-file.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "pounce-executable-"))));
afterEach(() => rmSync(dir, { recursive: true }));

function replace(text: string): void {
  writeFileSync(join(dir, "new"), text);
  renameSync(join(dir, "new"), join(dir, "pounce"));
}

describe("a file that is replaced", () => {
  test("stays what it was for plain pounce", () => {
    replace("one");
    const files = new ExecutableFiles(join(dir, "pounce"), false);
    expect(readFileSync(files.of(0), "utf8")).toBe("one");
    replace("two");
    expect(readFileSync(files.of(0), "utf8")).toBe("one");
    expect(readFileSync(files.of(1), "utf8")).toBe("one");
  });

  test("is the next generation's, and not that of those that there are", () => {
    replace("one");
    const files = new ExecutableFiles(join(dir, "pounce"), true);
    expect(readFileSync(files.of(0), "utf8")).toBe("one");
    replace("two");
    expect(readFileSync(files.of(1), "utf8")).toBe("two");
    expect(readFileSync(files.of(0), "utf8")).toBe("one");
    const before = files.of(0);
    files.forget(0);
    expect(() => readFileSync(before)).toThrow();
    expect(readFileSync(files.of(1), "utf8")).toBe("two");
  });

  test("is named when it is gone, so that spawning says so", () => {
    expect(new ExecutableFiles(join(dir, "pounce"), true).of(0)).toBe(join(dir, "pounce"));
  });
});

test("the path is the one that it was called by, where that leads to it", () => {
  replace("one");
  const real = join(dir, "pounce");
  symlinkSync(".", join(dir, "current"));
  const linked = join(dir, "current", "pounce");
  expect(invokedPath("current/pounce", dir, real)).toBe(linked);
  expect(invokedPath(linked, "/", real)).toBe(linked);
  expect(invokedPath("pounce", dir, real)).toBe(real);
  expect(invokedPath("no/pounce", dir, real)).toBe(real);
  writeFileSync(join(dir, "other"), "");
  expect(invokedPath("./other", dir, real)).toBe(real);
});
