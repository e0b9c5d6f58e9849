// What files were, and which of them have changed.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changedAmong, type FileFacts, factsOf, withHash } from "../../src/os/file-facts.ts";

const dir = mkdtempSync(join(tmpdir(), "facts-"));
const LATER = new Date(Date.now() + 10_000);
let count = 0;

/** A file that holds this text. */
function file(text: string): string {
  const path = join(dir, `${count++}.ts`);
  writeFileSync(path, text);
  return path;
}

const one = (facts: readonly FileFacts[]): FileFacts => {
  const [first] = facts;
  if (first === undefined) throw new Error("there are no facts");
  return first;
};

describe("a file is what it was", () => {
  test("when nobody has touched it, known by its content or not", () => {
    const facts = factsOf([file("a"), file("b")]);
    expect(changedAmong(facts)).toEqual([]);
    expect(changedAmong(facts.map((it) => withHash(it)))).toEqual([]);
  });

  test("when the same was written again, if its content was noted", () => {
    const path = file("same");
    const noted = withHash(one(factsOf([path])));
    utimesSync(path, LATER, LATER);
    expect(changedAmong([noted])).toEqual([]);
    const { hash: _, ...unnoted } = noted;
    expect(changedAmong([unnoted])).toEqual([path]);
  });
});

describe("a file has changed", () => {
  test("when it has another size, or the same size and another content", () => {
    const paths = [file("abc"), file("abc")];
    const facts = factsOf(paths).map((it) => withHash(it));
    writeFileSync(paths[0] ?? "", "abcd");
    writeFileSync(paths[1] ?? "", "abd");
    utimesSync(paths[1] ?? "", LATER, LATER);
    expect(changedAmong(facts)).toEqual(paths);
  });

  test("when it is gone", () => {
    const path = file("x");
    const facts = factsOf([path]);
    rmSync(path);
    expect(changedAmong(facts)).toEqual([path]);
  });
});

test("what is not there has no facts", () => {
  expect(factsOf([join(dir, "nowhere.ts")])).toEqual([]);
});

test("files that were written since some moment have their content noted at once", () => {
  const path = file("new");
  utimesSync(path, LATER, LATER);
  expect(one(factsOf([path], LATER.getTime())).hash).toBeDefined();
  expect(one(factsOf([path], LATER.getTime() + 1)).hash).toBeUndefined();
});

test("what was written after the facts were taken is not noted as what they are about", () => {
  const path = file("old");
  const facts = one(factsOf([path]));
  writeFileSync(path, "new");
  utimesSync(path, LATER, LATER);
  expect(withHash(facts)).toEqual(facts);
});
