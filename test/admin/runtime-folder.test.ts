// Which folders are believed to hold our sockets.
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderProblem, socketsIn } from "../../src/admin/runtime-folder.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-folders-"));
afterAll(() => rmSync(dir, { recursive: true }));

function folder(name: string, mode: number, above = dir): string {
  const path = join(above, name);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

const good = folder("good", 0o700);
writeFileSync(join(dir, "file"), "");
symlinkSync(good, join(dir, "link"));

test.each([
  [good, undefined],
  [folder("readable", 0o755), undefined],
  [join(dir, "link"), undefined],
  [folder("group", 0o770), "is writable by other users"],
  [folder("all", 0o777), "is writable by other users"],
  [folder("inside", 0o700, folder("open", 0o777)), undefined],
  [folder("inside", 0o700, folder("sticky", 0o1777)), undefined],
  [join(dir, "none"), "does not exist"],
  [join(dir, "file"), "is not a folder"],
])("%s is believed, or not: %p", (path, problem) => {
  const found = folderProblem(path);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});

test("sockets of a folder that is not believed are not even looked at", async () => {
  for (const [at, count] of [
    [good, 1],
    [join(dir, "all"), 0],
  ] as const) {
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(at, "x.sock"), done));
    expect(socketsIn(at)).toHaveLength(count);
    server.close();
  }
});
