// An executable that takes Linux for macOS: there no two workers can listen on one address, and
// nothing of Linux is used. Each test file builds its own, because two may run at a time.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../scripts/build.ts";

/** How long the build may take while other tests run. */
export const BUILD_TIMEOUT_MS = 60_000;

/** Builds it, and makes all helpers start it until the returned function is called. */
export async function useSoloExecutable(): Promise<() => void> {
  const before = process.env["POUNCE_BIN"];
  const folder = mkdtempSync(join(tmpdir(), "pounce-solo-"));
  process.env["POUNCE_BIN"] = await build(join(folder, "pounce"), undefined, "darwin");
  return () => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env["POUNCE_BIN"];
    else process.env["POUNCE_BIN"] = before;
  };
}

/** A port that nobody has, and that nobody gets by asking for any port. */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Somebody has it.
    }
  }
}
