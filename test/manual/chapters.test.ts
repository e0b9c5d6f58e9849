// The words by which `pounce help` finds a chapter.
import { expect, test } from "bun:test";
import { CHAPTERS } from "../../src/manual/chapters.ts";

test("each word leads to one chapter, and is no chapter's name", () => {
  const all = CHAPTERS.flatMap(({ name, words = [] }) => [name].concat(words));
  expect(all.toSorted()).toEqual([...new Set(all)].toSorted());
  expect(all.filter((word) => word !== word.toLowerCase())).toEqual([]);
});
