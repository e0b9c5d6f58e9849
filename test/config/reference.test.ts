import { expect, test } from "bun:test";
import { withReference } from "../../scripts/reference.ts";

test("the README's reference is what the schema says (bun scripts/reference.ts writes it)", async () => {
  const readme = await Bun.file(new URL("../../README.md", import.meta.url)).text();
  expect(withReference(readme)).toBe(readme);
});
