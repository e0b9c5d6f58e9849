// Paths as the shell names them, and folders that are gone.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { absolutePath, isFolder, logicalCwd, relativeModule } from "../../src/os/paths.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "pounce-paths-")));
const release = join(root, "release");
const current = join(root, "current");
mkdirSync(release);
symlinkSync("release", current);
afterAll(() => rmSync(root, { recursive: true }));

/** What the system says in a folder that has been deleted. */
const deleted = () => {
  throw new Error("ENOENT");
};

describe("the working directory", () => {
  test.each([
    ["keeps the symlink that the shell names", current, release, current],
    ["is the real one when PWD names another folder", root, release, release],
    ["is the real one when PWD is stale", join(root, "gone"), release, release],
    ["is the real one when PWD is relative", "current", release, release],
    ["is the real one when PWD has dots", `${release}/../current`, release, release],
    ["is the real one without PWD", undefined, release, release],
  ])("%s", (_, pwd, physical, expected) => {
    expect(logicalCwd(pwd, () => physical)).toBe(expected);
  });

  test("is PWD when the folder has been deleted", () => {
    expect(logicalCwd(join(root, "gone"), deleted)).toBe(join(root, "gone"));
  });

  test("is an error when the folder has been deleted and PWD is of no use", () => {
    expect(() => logicalCwd(undefined, deleted)).toThrow("ENOENT");
  });
});

describe("a path", () => {
  test.each([
    ["/srv", "app.ts", "/srv/app.ts"],
    ["/srv", "./a//b/./c", "/srv/a/b/c"],
    ["/srv", "/etc/./x", "/etc/x"],
    ["/srv/current", "../shared", "/srv/current/../shared"],
    ["/", ".", "/"],
    ["/", "a", "/a"],
  ])("from %p, %p is %p", (base, path, expected) => {
    expect(absolutePath(base, path)).toBe(expected);
  });

  test("goes up from where a symlink leads, as the kernel does", () => {
    mkdirSync(join(root, "far", "away"), { recursive: true });
    symlinkSync(join(root, "far", "away"), join(root, "near"));
    const above = absolutePath(join(root, "near"), "..");
    expect(statSync(above).ino).toBe(statSync(join(root, "far")).ino);
  });

  test("is a folder only when it leads to one", () => {
    const loop = join(root, "loop");
    symlinkSync("loop", loop);
    expect([current, import.meta.path, join(root, "gone"), loop].map(isFolder)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

test.each([
  ["app", "./app"],
  [".output/server/index.mjs", "./.output/server/index.mjs"],
  ["..app.ts", "./..app.ts"],
  ["./app.ts", "./app.ts"],
  ["../app.ts", "../app.ts"],
  ["/srv/app.ts", "/srv/app.ts"],
])("the module %s is found as %s", (module, specifier) => {
  expect(relativeModule(module)).toBe(specifier);
});
