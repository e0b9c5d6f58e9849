// What the command line of the benchmark names is looked at before anything is measured.
import { describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demandPounce, demandWritable } from "../../scripts/bench/arguments.ts";

const NOWHERE = join(tmpdir(), "pounce-bench-nowhere");

describe("an executable that is measured", () => {
  test.each([
    ["/bin/true", '/bin/true: not pounce: its --version says "true (GNU coreutils)'],
    ["/bin", "/bin: no executable: not a file"],
    ["/etc/passwd", "/etc/passwd: no executable: EACCES"],
    [NOWHERE, `${NOWHERE}: no executable: ENOENT`],
  ])("%s is an error that names it", (path, message) => {
    expect(() => demandPounce(path)).toThrow(message);
  });
});

describe("a file for what was found", () => {
  test("may be there, or in a folder that is there", () => {
    demandWritable(import.meta.path);
    demandWritable(NOWHERE);
    demandWritable("record.json");
  });

  test.each([
    [join(NOWHERE, "x.json"), `${join(NOWHERE, "x.json")}: cannot be written: ENOENT`],
    ["/tmp", "/tmp: cannot be written: not a file"],
    [
      join(import.meta.path, "x.json"),
      `${join(import.meta.path, "x.json")}: cannot be written: not in a folder`,
    ],
  ])("%s is an error that names it", (path, message) => {
    expect(() => demandWritable(path)).toThrow(message);
  });
});
