// Which pid files are written again while the server runs, and which are left alone.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restorePidFile } from "../../../src/master/host/pid-file.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-pid-file-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** No process has this number: it is above the largest that Linux gives. */
const PREDECESSOR = 4_194_305;
const OURS = `${process.pid}\n`;

describe("a pid file", () => {
  const cases: readonly [string, string | undefined, string][] = [
    ["that is gone is written again", undefined, OURS],
    ["that names the master before this one is written again", `${PREDECESSOR}\n`, OURS],
    ["that names another process is left alone", "4194306\n", "4194306\n"],
    ["that is empty is left alone", "", ""],
  ];
  for (const [what, before, after] of cases) {
    test(what, () => {
      const path = join(dir, "p.pid");
      rmSync(path, { force: true });
      if (before !== undefined) writeFileSync(path, before);
      restorePidFile(path, PREDECESSOR);
      expect(readFileSync(path, "utf8")).toBe(after);
      expect(readdirSync(dir)).toEqual(["p.pid"]);
    });
  }
});
