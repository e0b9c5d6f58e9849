// The kernel's setting for SYN cookies, as it may be found.
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasSynCookies } from "../../src/net/syn-cookies.ts";

test("SYN cookies are on with 1 and 2, and off with 0 or where the kernel has none", () => {
  const folder = mkdtempSync(join(tmpdir(), "pounce-test-"));
  const file = join(folder, "tcp_syncookies");
  const found = ["0\n", "1\n", "2\n"].map((text) => {
    writeFileSync(file, text);
    return hasSynCookies(file);
  });
  rmSync(folder, { recursive: true });
  expect([...found, hasSynCookies(file)]).toEqual([false, true, true, false]);
});
