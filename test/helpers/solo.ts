// An executable that takes Linux for macOS: there no two workers can listen on one address, and
// nothing of Linux is used. Each test file builds its own, because two may run at a time.
import { afterAll, beforeAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../scripts/build.ts";
import { stopAllServers } from "./server.ts";

/** How long the build may take while other tests run. */
const BUILD_TIMEOUT_MS = 60_000;

/** Has all helpers start it in this file of tests. */
export function useSoloExecutable(): void {
  const before = process.env["POUNCE_BIN"];
  const folder = mkdtempSync(join(tmpdir(), "pounce-solo-"));
  beforeAll(async () => {
    process.env["POUNCE_BIN"] = await build(join(folder, "pounce"), undefined, "darwin");
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    await stopAllServers();
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env["POUNCE_BIN"];
    else process.env["POUNCE_BIN"] = before;
  });
}
