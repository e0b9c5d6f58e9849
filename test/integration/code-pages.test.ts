// What pounce gives back of its executable's pages is not documented by Bun: code, constants, and
// the section `.bun` with our own code. Once Bun writes to that section, it stays in memory.
import { afterAll, expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { releasable } from "../../src/os/code-pages.ts";
import { isAsInFile } from "../../src/os/page-map.ts";
import { findSection } from "../../src/os/sections.ts";
import { versionsServed } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

test("neither master nor workers write to pages that are given back", async () => {
  await using server = await startPounce();
  expect(await versionsServed(server)).toEqual(["v0"]);
  await server.reload();
  expect(await versionsServed(server)).toEqual(["v0"]);
  for (const pid of [server.pid, ...server.workers().map((worker) => worker.pid)]) {
    const executable = readlinkSync(`/proc/${pid}/exe`);
    const maps = readFileSync(`/proc/${pid}/maps`, "utf8");
    const ranges = releasable(maps, executable, findSection(executable, ".bun"));
    // Constants, code, and our own code.
    expect(ranges).toHaveLength(3);
    for (const range of ranges) expect(isAsInFile(range, pid)).toBe(true);
  }
}, 60_000);
