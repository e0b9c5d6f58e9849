// Words that people copy into a shell.
import { expect, test } from "bun:test";
import { shellWord } from "../../../src/cli/init/shell-word.ts";

test.each([
  ["/srv/app/pounce.service", "/srv/app/pounce.service"],
  ["my app", "'my app'"],
  ["it's $HOME", "'it'\\''s $HOME'"],
  ["", "''"],
])("%j is written as %s", (word, written) => {
  expect(shellWord(word)).toBe(written);
});
