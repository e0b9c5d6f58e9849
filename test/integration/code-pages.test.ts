// What pounce gives back of its executable's pages is not documented by Bun: code, constants, and
// the section `.bun` with our own code. If Bun wrote to one of them, giving it back would lose that.
import { afterAll, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { neverWritten } from "../../src/os/code-pages.ts";
import { findSection } from "../../src/os/sections.ts";
import { versionsServed } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 8;
/** Of an entry of /proc/PID/pagemap: the page is there, and is as in the file. */
const PRESENT = 1n << 63n;
const OF_FILE = 1n << 61n;

/** The pages of a process between two addresses that are there, and those that were written to. */
function pagesOf(pid: number, start: number, end: number): { present: number; written: number } {
  const file = openSync(`/proc/${pid}/pagemap`, "r");
  const entries = new BigUint64Array((end - start) / PAGE_BYTES);
  readSync(file, entries, 0, entries.byteLength, (start / PAGE_BYTES) * ENTRY_BYTES);
  closeSync(file);
  const present = entries.filter((entry) => (entry & PRESENT) !== 0n);
  const written = present.filter((entry) => (entry & OF_FILE) === 0n);
  return { present: present.length, written: written.length };
}

test("neither master nor workers write to pages that are given back", async () => {
  await using server = await startPounce();
  expect(await versionsServed(server)).toEqual(["v0"]);
  await server.reload();
  expect(await versionsServed(server)).toEqual(["v0"]);
  for (const pid of [server.pid, ...server.workers().map((worker) => worker.pid)]) {
    const executable = readlinkSync(`/proc/${pid}/exe`);
    const maps = readFileSync(`/proc/${pid}/maps`, "utf8");
    const ranges = neverWritten(maps, executable, findSection(executable, ".bun"));
    // Constants, code, and our own code.
    expect(ranges).toHaveLength(3);
    for (const { start, end } of ranges) {
      const { present, written } = pagesOf(pid, start, end);
      expect(present).toBeGreaterThan(0);
      expect(written).toBe(0);
    }
  }
}, 20_000);
