// What is above a project in a workspace is above its copy, too.
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkAround, workspaceOf } from "../../src/prove/around-project.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-around-"));
afterAll(() => rmSync(dir, { recursive: true }));

const FILES = {
  "node_modules/above/index.js": "above",
  "other.txt": "not of the workspace",
  "mono/package.json": '{"workspaces": ["packages/*"]}',
  "mono/tsconfig.json": "{}",
  "mono/node_modules/hoisted/index.js": "hoisted",
  "mono/packages/shared/index.ts": "shared",
  "mono/packages/api/package.json": "{}",
};
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(join(dir, name, ".."), { recursive: true });
  writeFileSync(join(dir, name), text);
}
const project = join(dir, "mono/packages/api");

test("a copy finds the packages, members and files of its workspace", () => {
  const root = join(dir, "copy");
  mkdirSync(join(root, project), { recursive: true });
  linkAround(project, root);
  const textOf = (name: string): string => readFileSync(join(root, dir, name), "utf8");
  expect(textOf("mono/node_modules/hoisted/index.js")).toBe("hoisted");
  expect(textOf("mono/packages/shared/index.ts")).toBe("shared");
  expect(textOf("mono/tsconfig.json")).toBe("{}");
  expect(textOf("node_modules/above/index.js")).toBe("above");
  expect(existsSync(join(root, dir, "other.txt"))).toBe(false);
  expect(existsSync(join(root, project, "package.json"))).toBe(false);
});

test("the workspace is the nearest one above, below the home folder", () => {
  expect(workspaceOf(project)).toBe(join(dir, "mono"));
  expect(workspaceOf(project, join(dir, "mono/packages"))).toBe(project);
});
