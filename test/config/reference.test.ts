import { expect, test } from "bun:test";
import { withReference } from "../../scripts/reference.ts";

test("the manual's reference is what the schema says (bun scripts/reference.ts writes it)", async () => {
  const chapter = await Bun.file(
    new URL("../../src/manual/configuration.md", import.meta.url),
  ).text();
  expect(withReference(chapter)).toBe(chapter);
});
