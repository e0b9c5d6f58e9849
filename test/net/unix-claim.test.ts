// The claim of a path: the socket is made with it, and goes with it.
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimPath, releasePath, takePath } from "../../src/net/unix-claim.ts";
import { occupantOf } from "../../src/net/unix-listener.ts";
import { closeDescriptor } from "../../src/os/descriptors.ts";
import { descriptors } from "../../src/os/open-descriptors.ts";

test("a claim that nobody takes leaves neither a name nor a descriptor behind", () => {
  const folder = mkdtempSync(join(tmpdir(), "pounce-claim-"));
  const path = join(folder, "app.sock");
  try {
    const before = descriptors();
    expect(claimPath(path, 0o600)).toBeUndefined();
    expect(descriptors()).toHaveLength(before.length + 1);
    releasePath(path);
    expect(descriptors()).toEqual(before);
    expect(readdirSync(folder)).toEqual([]);
    expect(() => takePath(path)).toThrow("EADDRINUSE");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("one that is taken is the taker's: giving up the claim does nothing to it", () => {
  const folder = mkdtempSync(join(tmpdir(), "pounce-claim-"));
  const path = join(folder, "app.sock");
  try {
    expect(claimPath(path, 0o600)).toBeUndefined();
    const listener = takePath(path);
    releasePath(path);
    expect(occupantOf(path)).toMatchObject({ is: "server", pid: process.pid });
    closeDescriptor(listener);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
