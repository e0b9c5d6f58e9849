// Links that modules were loaded through.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Links } from "../../src/dev/links.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "pounce-links-")));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

for (const release of ["one", "two"]) {
  mkdirSync(at(release));
  writeFileSync(at(`${release}/word.ts`), release);
}
writeFileSync(at("app.ts"), "");

/** Points a link, as `ln -sfn` does. */
function point(name: string, target: string): void {
  rmSync(at(name), { force: true });
  symlinkSync(target, at(name));
}

describe("a link beside a module", () => {
  point("current", "one");
  point("word.ts", "one/word.ts");
  point("other", "two");
  const links = new Links();
  const loaded = new Set([at("one"), at("one/word.ts")]);
  links.find([at("app.ts")], (path) => loaded.has(path));

  test("counts if it leads to what was loaded", () => {
    expect(["current", "word.ts", "other"].map((name) => links.has(at(name)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(links.moved).toEqual([]);
    expect(links.look(at("current"))).toBe(false);
  });

  test("is a change when it is pointed elsewhere, and only then", () => {
    point("current", "one");
    expect(links.moved).toEqual([]);
    point("current", "two");
    point("word.ts", "two/word.ts");
    expect(links.moved.toSorted()).toEqual([at("current"), at("word.ts")]);
    expect(links.look(at("current"))).toBe(true);
    expect(links.look(at("current"))).toBe(false);
  });

  test("is a change when it has gone, and when it is back", () => {
    rmSync(at("current"));
    expect(links.look(at("current"))).toBe(true);
    point("current", "two");
    expect(links.look(at("current"))).toBe(true);
  });
});
