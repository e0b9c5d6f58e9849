// Why a worker could not be spawned.
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explainSpawn } from "../../../src/master/workers/spawn-error.ts";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-spawn-")));
afterAll(() => rmSync(dir, { recursive: true }));

/** What is told when the executable cannot be spawned in that folder. */
function told(executable: string, folder: string): string {
  try {
    Bun.spawnSync([executable], { cwd: folder });
    return "it was spawned";
  } catch (error) {
    return (explainSpawn(error, { executable, folder }) as Error).message;
  }
}

test("a worker that cannot be spawned is told with what is wrong, not with who is blamed", () => {
  const plain = join(dir, "plain");
  writeFileSync(plain, "#!/bin/sh\n");
  chmodSync(plain, 0o644);
  expect(told("/bin/true", join(dir, "gone"))).toContain(
    `its working directory ${dir}/gone is gone`,
  );
  expect(told(join(dir, "none"), dir)).toBe(`the executable ${dir}/none is gone: put it back`);
  expect(told(plain, dir)).toContain(`the executable ${plain} may not be executed: chmod +x it`);
});

test("what the system has said otherwise stays as it is", () => {
  const error = Object.assign(new Error("ENOMEM: x"), { code: "ENOMEM" });
  expect(explainSpawn(error, { executable: "/bin/true", folder: dir })).toBe(error);
});

test("a limit of processes is named, with what to set", () => {
  const error = Object.assign(new Error("EAGAIN: posix_spawn"), { code: "EAGAIN" });
  const explained = explainSpawn(error, { executable: process.execPath, folder: dir }) as Error;
  expect(explained.message).toContain("too many processes: raise the limit with ulimit -u");
});
