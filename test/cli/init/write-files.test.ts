// Several files are written, or none.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFiles } from "../../../src/cli/init/write-files.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "pounce-write-"))));
afterEach(() => rmSync(dir, { recursive: true }));

const FILES = [
  { name: "a", text: "new a" },
  { name: "b", text: "new b" },
];

const read = (name: string): string => readFileSync(join(dir, name), "utf8");

describe("files", () => {
  test("are written, into a folder that is made for them", () => {
    const folder = join(dir, "x/y");
    const paths = [join(folder, "a"), join(folder, "b")];
    expect(writeFiles(folder, FILES, false)).toEqual({ ok: true, paths });
    expect(readdirSync(folder).toSorted()).toEqual(["a", "b"]);
    expect([read("x/y/a"), read("x/y/b")]).toEqual(["new a", "new b"]);
  });

  test("are not written at all when one is there", () => {
    writeFileSync(join(dir, "b"), "old");
    const error = `${join(dir, "b")} exists already; --force replaces it`;
    expect(writeFiles(dir, FILES, false)).toEqual({ ok: false, error });
    expect(readdirSync(dir).toSorted()).toEqual(["b"]);
    expect(read("b")).toBe("old");
  });

  test("replace what is there when told to", () => {
    writeFileSync(join(dir, "b"), "old");
    expect(writeFiles(dir, FILES, true)).toMatchObject({ ok: true });
    expect(readdirSync(dir).toSorted()).toEqual(["a", "b"]);
    expect(read("b")).toBe("new b");
  });

  test("never replace a folder", () => {
    mkdirSync(join(dir, "b"));
    expect(writeFiles(dir, FILES, true)).toEqual({
      ok: false,
      error: `${join(dir, "b")} is a folder`,
    });
    expect(readdirSync(dir).toSorted()).toEqual(["b"]);
  });

  test("are not written through a link, even one that leads nowhere", () => {
    symlinkSync(join(dir, "elsewhere"), join(dir, "a"));
    expect(writeFiles(dir, FILES, false)).toMatchObject({ ok: false });
    expect(writeFiles(dir, FILES, true)).toMatchObject({ ok: true });
    expect(readdirSync(dir).toSorted()).toEqual(["a", "b"]);
  });

  test("cannot be written where a file is in the folder's place", () => {
    writeFileSync(join(dir, "f"), "");
    const result = writeFiles(join(dir, "f"), FILES, false);
    expect(result).toMatchObject({ ok: false, error: expect.not.stringContaining("\n") });
    expect(readdirSync(dir).toSorted()).toEqual(["f"]);
  });
});
