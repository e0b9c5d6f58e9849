// Where commands look for a server, and what they believe there.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { look } from "../../src/admin/registry.ts";

const parent = mkdtempSync(join(tmpdir(), "pounce-registry-"));
const folder = join(parent, "run");
const before = process.env["RUNTIME_DIRECTORY"];

beforeAll(() => {
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  process.env["RUNTIME_DIRECTORY"] = folder;
});
afterAll(() => {
  if (before === undefined) delete process.env["RUNTIME_DIRECTORY"];
  else process.env["RUNTIME_DIRECTORY"] = before;
  rmSync(parent, { recursive: true });
});

test("in a folder that others can write to, only a path that somebody wrote is looked at", async () => {
  const path = join(folder, "control.sock");
  expect((await look(path, 100)).found).toMatchObject({ kind: "untrusted" });
  expect((await look(path, 100, true)).found).toMatchObject({ kind: "nobody" });
});
