// References in the manual are what the sources make of them.
import { expect, test } from "bun:test";
import { chapterFile, REFERENCES, withReference } from "../../scripts/reference.ts";

test.each(Object.entries(REFERENCES))(
  "the reference in the chapter on %s is up to date (bun scripts/reference.ts writes it)",
  async (name, makeText) => {
    const chapter = await Bun.file(chapterFile(name)).text();
    expect(withReference(chapter, await makeText())).toBe(chapter);
  },
);
