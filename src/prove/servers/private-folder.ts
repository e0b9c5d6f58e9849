// A folder for what one run of `pounce prove` needs: control socket, log, a copy of the project.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeFolder } from "../../admin/runtime-folder.ts";
import { refusal } from "../../os/refusal.ts";

type Made =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly error: string };

/**
 * Makes one in the first place where that is permitted: `TMPDIR` or /tmp, beside the runtime
 * folder, in memory.
 */
export function makePrivateFolder(): Made {
  const problems: string[] = [];
  for (const place of [tmpdir(), join(runtimeFolder(), ".."), "/dev/shm"]) {
    try {
      // Its name counts against the length of the socket's path.
      return { ok: true, path: mkdtempSync(join(place, "prove-")) };
    } catch (error) {
      problems.push(`${place} (${refusal(error)})`);
    }
  }
  const tried = problems.join(", ");
  return { ok: false, error: `no folder can be made for it: ${tried}; set TMPDIR to a folder` };
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
