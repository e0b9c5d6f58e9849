// A file that takes another's place, or a new one's, at once.
import { afterAll, expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceFile, writeNewFile } from "../../src/os/replace-file.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-replace-"));
afterAll(() => rmSync(dir, { recursive: true }));

const write = (text: string) => (path: string) => writeNewFile(path, text, 0o600);

test("a link in the place of a file is replaced, and not followed", async () => {
  const [victim, path] = [join(dir, "victim"), join(dir, "p.pid")];
  await Bun.write(victim, "precious");
  symlinkSync(victim, path);
  expect(replaceFile(path, write("1\n"))).toBeUndefined();
  expect(lstatSync(path).isFile()).toBe(true);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toBe("1\n");
  expect(readFileSync(victim, "utf8")).toBe("precious");
  expect(() => writeNewFile(path, "2", 0o600)).toThrow("EEXIST");
});

test("a new file takes no other's place, and a failure leaves nothing behind", () => {
  expect(replaceFile(join(dir, "p.pid"), write("2\n"), true)).toContain("EEXIST");
  expect(readFileSync(join(dir, "p.pid"), "utf8")).toBe("1\n");
  expect(replaceFile(join(dir, "new"), write("3\n"), true)).toBeUndefined();
  expect(replaceFile(join(dir, "none", "x"), write("4\n"))).toContain("ENOENT");
  expect(readdirSync(dir).toSorted()).toEqual(["new", "p.pid", "victim"]);
});
