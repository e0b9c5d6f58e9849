// What is known of files and folders: their content, what git ignores, the project they are in,
// whether their file system tells of changes.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { eventlessSystem } from "../../src/dev/file-system.ts";
import { Ignored } from "../../src/dev/ignored.ts";
import { buildFiles, filesBelow, projectRoot } from "../../src/dev/project.ts";
import { Signatures } from "../../src/dev/signatures.ts";
import { Watched } from "../../src/dev/watched.ts";

const top = realpathSync(mkdtempSync(join(tmpdir(), "pounce-dev-")));
afterAll(() => rmSync(top, { recursive: true }));

/** Writes files by name and text, and returns the path of the first. */
function write(files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
  return join(top, Object.keys(files)[0] ?? "");
}

/** A file, with signatures that know it. */
function known(name: string, text: string) {
  const path = write({ [name]: text });
  const signatures = new Signatures();
  signatures.add(path, Date.now() + 60_000);
  return { path, signatures, isChanged: (): boolean => signatures.compare(path).isChanged };
}

describe("a file", () => {
  test("has changed if its content has, not if it was touched, rewritten, or moved back", () => {
    const { path, isChanged } = known("signed/a", "one");
    utimesSync(path, 1, 1);
    expect(isChanged()).toBe(false);
    write({ "signed/a": "one" });
    expect(isChanged()).toBe(false);
    write({ "signed/a": "two" });
    expect(isChanged()).toBe(true);
    expect(isChanged()).toBe(false);
    renameSync(path, `${path}~`);
    expect(isChanged()).toBe(true);
    renameSync(`${path}~`, path);
    expect(isChanged()).toBe(true);
  });

  test("that a link now leads to has changed, even if it holds the same", () => {
    write({ "releases/1/app.ts": "app", "releases/2/app.ts": "app" });
    const link = join(top, "current");
    symlinkSync("releases/1", link);
    const signatures = new Signatures();
    signatures.add(join(link, "app.ts"), Date.now() + 60_000);
    rmSync(link);
    symlinkSync("releases/2", link);
    expect(signatures.compare(join(link, "app.ts")).isChanged).toBe(true);
  });

  test("that was written after something began to read it counts as changed", () => {
    const path = write({ "signed/new": "one" });
    const signatures = new Signatures();
    expect(signatures.add(path, Date.now() - 60_000)).toBe(true);
    expect(signatures.compare(path).isChanged).toBe(true);
    expect(signatures.add(path, Date.now() - 60_000)).toBe(false);
  });

  test("that is a link to itself is missing, and no error", () => {
    const path = join(top, "loop.ts");
    symlinkSync("loop.ts", path);
    const signatures = new Signatures();
    expect(signatures.add(path, Date.now())).toBe(false);
    expect(signatures.differs(path)).toBe(false);
    expect(signatures.isUnsettled(path)).toBe(false);
  });

  test("is not settled while it is empty or missing, unless it was", () => {
    const { path, signatures } = known("signed/b", "one");
    expect(signatures.isUnsettled(path)).toBe(false);
    write({ "signed/b": "" });
    expect(signatures.isUnsettled(path)).toBe(true);
    signatures.compare(path);
    expect(signatures.isUnsettled(path)).toBe(false);
    rmSync(path);
    expect(signatures.isUnsettled(path)).toBe(false);
    signatures.compare(path);
    write({ "signed/b": "" });
    expect(signatures.isUnsettled(path)).toBe(true);
    write({ "signed/b": "two" });
    expect(signatures.isUnsettled(path)).toBe(false);
  });

  test("that nobody knew is not settled while it is empty", () => {
    const { signatures } = known("signed/c", "one");
    expect(signatures.isUnsettled(join(top, "signed/d"))).toBe(false);
    expect(signatures.isUnsettled(write({ "signed/d": "" }))).toBe(true);
    expect(signatures.isUnsettled(write({ "signed/d": "one" }))).toBe(false);
    // One that has been written while an app was loaded is not known either.
    const path = write({ "signed/e": "" });
    expect(signatures.add(path, Date.now() - 60_000)).toBe(true);
    expect(signatures.isUnsettled(path)).toBe(true);
  });
});

describe("git ignores", () => {
  write({
    "repo/.git/info/exclude": "excluded.ts\n",
    "repo/.gitignore": "*.log\n/dist/\ngenerated/\n!keep.log\n",
    "repo/app/.gitignore": "local.ts\n!debug.log\n",
  });
  const ignored = new Ignored(join(top, "repo"));
  test.each([
    ["app/app.ts", false],
    ["app/x.log", true],
    ["keep.log", false],
    ["app/debug.log", false],
    ["app/local.ts", true],
    ["local.ts", false],
    ["dist/app.js", true],
    ["app/dist/app.js", false],
    ["app/generated/deep/code.ts", true],
    ["excluded.ts", true],
    [".git/HEAD", true],
    ["node_modules/a/index.js", true],
    ["../elsewhere.ts", true],
  ])("%s: %p", (name, expected) => {
    expect(ignored.has(join(top, "repo", name), false)).toBe(expected);
  });
});

describe("a project", () => {
  test("begins at the repository, else at the package, else at the app", () => {
    write({ "p1/.git/HEAD": "", "p1/a/package.json": "{}", "p1/a/src/app.ts": "" });
    expect(projectRoot(join(top, "p1/a/src"))).toBe(join(top, "p1"));
    write({ "p2/package.json": "{}", "p2/src/app.ts": "" });
    expect(projectRoot(join(top, "p2/src"))).toBe(join(top, "p2"));
  });

  test("is built as package.json, a lock file, tsconfig.json and what that extends say", () => {
    write({
      "p3/.git/HEAD": "",
      "p3/bun.lock": "",
      "p3/base.json": "{}",
      "p3/a/package.json": "{}",
      "p3/a/tsconfig.json": '{ "extends": "../base" }',
      "p3/a/src/app.ts": "",
    });
    const names = buildFiles(join(top, "p3/a/src"), join(top, "p3"));
    expect(names.map((name) => name.slice(top.length + 1)).toSorted()).toEqual([
      "p3/a/package.json",
      "p3/a/tsconfig.json",
      "p3/base.json",
      "p3/bun.lock",
    ]);
  });

  test("may have several tsconfig.json to extend, some of packages", () => {
    write({
      "p5/package.json": "{}",
      "p5/tsconfig.json": '{ "extends": ["@x/strict", "./one.json", "../two"] }',
    });
    const names = buildFiles(join(top, "p5"), join(top, "p5"));
    expect(names.map((name) => name.slice(top.length + 1))).toEqual([
      "p5/package.json",
      "p5/tsconfig.json",
      "p5/one.json",
      "two.json",
    ]);
  });

  test("has the files that git does not ignore", () => {
    write({ "p4/.gitignore": "out/\n", "p4/a.ts": "", "p4/out/b.ts": "", "p4/s/c.ts": "" });
    const { files, folders } = filesBelow(join(top, "p4"), new Ignored(join(top, "p4")));
    const names = files.map((name) => name.slice(top.length + 4)).toSorted();
    expect(names).toEqual([".gitignore", "a.ts", "s/c.ts"]);
    expect(folders).toHaveLength(2);
  });
});

const at = (name: string): string => join(top, "w", name);

describe("a package that is missing", () => {
  test("may be in the making from its first step on, also one of a scope", () => {
    const app = write({ "w1/apps/web/app.ts": "", "w1/apps/web/package.json": "{}" });
    write({ "w1/package.json": '{"workspaces":["apps/*"]}', "w1/node_modules/@x/old/i.js": "" });
    const modules = join(top, "w1/node_modules");
    const watched = new Watched([]);
    watched.use([app], dirname(app));
    watched.mend();
    const { folders } = watched.look();
    expect([modules, join(modules, "@x")].every((it) => folders.has(it))).toBe(true);
    for (const name of ["new", "@x/new"]) {
      const path = join(modules, name);
      expect(watched.concerns(path)).toBe(true);
      expect(watched.concerns(join(path, "i.js"))).toBe(false);
      write({ [`w1/node_modules/${name}/dist/i.js`]: "" });
      watched.noteChange(path);
      expect(watched.concerns(join(path, "i.js"))).toBe(true);
      expect(watched.look().folders.has(join(path, "dist"))).toBe(true);
    }
    watched.serves(1);
    expect(watched.concerns(join(modules, "new/i.js"))).toBe(false);
  });

  test("of a workspace is looked for in all of it", () => {
    expect(projectRoot(join(top, "w1/apps/web"))).toBe(join(top, "w1"));
  });
});

describe("what matters", () => {
  write({ "w/.git/HEAD": "", "w/.gitignore": "made/\n", "w/src/app.ts": "", "w/made/code.ts": "" });
  const watched = new Watched([at("views")]);
  watched.use([at("pounce.toml")], at("src"));
  watched.addLoaded(0, [at("src/app.ts"), at("made/code.ts")]);
  const concerned = (names: string[]) => names.filter((name) => watched.concerns(at(name)));
  const names = [
    "src/app.ts",
    "made/code.ts",
    "pounce.toml",
    "views/a/b.tpl",
    "views/.a.tpl.swp",
    "src/new.ts",
    "src/new.ts~",
    "src/data.sqlite",
    "made/other.ts",
    "node_modules/lib",
  ];

  test("is what was loaded, settings, and what was named; while the app is broken, more", () => {
    const always = ["src/app.ts", "made/code.ts", "pounce.toml", "views/a/b.tpl"];
    expect(concerned(names)).toEqual(always);
    watched.mend();
    expect(concerned(names)).toEqual([...always, "src/new.ts", "node_modules/lib"]);
    watched.serves(0);
    expect(concerned(names)).toEqual(always);
  });

  test("is no longer what only an older version was loaded from", () => {
    watched.addLoaded(1, [at("src/app.ts")]);
    expect(concerned(["made/code.ts"])).toEqual(["made/code.ts"]);
    watched.serves(1);
    expect(concerned(["src/app.ts", "made/code.ts"])).toEqual(["src/app.ts"]);
  });

  test("folders are watched up to the project's, so that they may be replaced", () => {
    expect([...watched.look().folders].toSorted()).toEqual(
      [at(""), at("src"), at("views")].map((it) => it.replace(/\/$/, "")),
    );
    expect(watched.isAbove(at("src"))).toBe(true);
    expect(watched.isAbove(at("made"))).toBe(false);
  });
});

test.each([
  ["/srv/app", undefined],
  ["/mnt/c/app", "The file system of /mnt/c/app (9p) may not tell of changes"],
  ["/mnt/c", "The file system of /mnt/c (9p) may not tell of changes"],
  ["/mnt/cd", undefined],
  ["/net/a b/app", "The file system of /net/a b/app (nfs4) may not tell of changes"],
])("whether the file system of %s tells of changes", (folder, expected) => {
  const mounts = [
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
    "23 22 0:1 / /mnt/c rw - 9p C: rw",
    String.raw`24 22 0:2 / /net/a\040b rw master:1 - nfs4 host:/a rw`,
  ].join("\n");
  expect(eventlessSystem(folder, mounts)).toBe(expected);
});
