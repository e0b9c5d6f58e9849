// The build of pounce itself: what is beside the executable belongs to it.
import { expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../scripts/build.ts";

test("a build removes the source maps of the build before, and nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pounce-build-"));
  try {
    const outfile = join(folder, "pounce");
    await build(outfile);
    const made = (await readdir(folder)).toSorted();
    expect(made).toContain("pounce.map");
    const others = ["app.js.map", "notes-2026.map", "pounce-old"];
    const stale = ["around-0a1b2c3d.js.map", "worker-zzzzzzzz.js.map"];
    for (const name of [...others, ...stale]) await Bun.write(join(folder, name), "{}");
    await build(outfile);
    expect((await readdir(folder)).toSorted()).toEqual([...made, ...others].toSorted());
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);
