// A page in a file, where there are no files without a name.
import { expect, test } from "bun:test";
import { existsSync, readSync, statSync } from "node:fs";
import { createFilePage, mapFile } from "../../src/os/file-page.ts";

test("what is written to a page in a file is read through the descriptor, and the name is gone", () => {
  const { descriptor, path } = createFilePage(16);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const page = mapFile(path);
  expect(existsSync(path)).toBe(false);
  page[1] = 42.5;
  const read = new Float64Array(2);
  readSync(descriptor, new Uint8Array(read.buffer), 0, 16, 0);
  expect([...read]).toEqual([0, 42.5]);
});

test("a page that is not there is an error", () => {
  expect(() => mapFile("/nowhere/page")).toThrow();
});
