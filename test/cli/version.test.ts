// The commit that a version is built from.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { commitOf } from "../../scripts/build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test.if(existsSync(`${root}/.git`))("the commit of a checkout is the one that git names", () => {
  const head = Bun.spawnSync(["git", "rev-parse", "HEAD"], { cwd: root }).stdout.toString().trim();
  expect(head).toStartWith(commitOf(root).replace(/-dirty$/, ""));
});

test("a folder that is no checkout has no commit", () => {
  expect(commitOf(tmpdir())).toBe("unknown");
  expect(commitOf(`${root}/src`)).toBe("unknown");
});
