// Archives of a release: what they hold, and that nothing but their content decides their bytes.
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file, tarGz } from "../../scripts/archive.ts";
import { lockedPackage, TARGETS, targetsNamed } from "../../scripts/release/targets.ts";

const ENTRIES = [
  file("pounce", "x".repeat(1000), 0o755),
  file("LICENSE", "MIT"),
  file("EMPTY", ""),
];
const SECONDS = 1_700_000_000;

test("tar unpacks them, with modes and the time that was given", () => {
  const dir = mkdtempSync(join(tmpdir(), "pounce-archive-"));
  try {
    writeFileSync(join(dir, "a.tar.gz"), tarGz(ENTRIES, SECONDS));
    const listed = Bun.spawnSync(["tar", "tvzf", "a.tar.gz"], {
      cwd: dir,
      env: { ...process.env, TZ: "UTC" },
    });
    expect(listed.stderr.toString()).toBe("");
    expect(
      listed.stdout
        .toString()
        .split("\n")
        .map((line) => line.replace(/ +/g, " ")),
    ).toEqual([
      "-rw-r--r-- root/root 0 2023-11-14 22:13 EMPTY",
      "-rw-r--r-- root/root 3 2023-11-14 22:13 LICENSE",
      "-rwxr-xr-x root/root 1000 2023-11-14 22:13 pounce",
      "",
    ]);
    expect(Bun.spawnSync(["tar", "xzf", "a.tar.gz"], { cwd: dir }).exitCode).toBe(0);
    expect(statSync(join(dir, "pounce")).size).toBe(1000);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("the same content gives the same bytes, in whatever order, and the header names nothing", () => {
  const one = tarGz(ENTRIES, SECONDS);
  expect(tarGz(ENTRIES.toReversed(), SECONDS)).toEqual(one);
  expect(tarGz(ENTRIES, SECONDS + 1)).not.toEqual(one);
  // Magic, deflate, no flags, no time; the last byte: no system.
  expect(Array.from(one.slice(0, 8))).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
  expect(one[9]).toBe(255);
});

test("the targets are those of the manual, and their bases are in bun.lock, of the pinned version", async () => {
  expect(TARGETS.map(({ name }) => name)).toEqual([
    "linux-x64",
    "linux-arm64",
    "linux-x64-musl",
    "linux-arm64-musl",
    "darwin-x64",
    "darwin-arm64",
  ]);
  const lock = await Bun.file(new URL("../../bun.lock", import.meta.url)).text();
  for (const { base } of TARGETS) {
    expect(lockedPackage(lock, base)).toMatchObject({ version: Bun.version });
    expect(lockedPackage(lock, base).integrity).toStartWith("sha512-");
  }
  expect(() => targetsNamed(["linux-x86"])).toThrow(
    "linux-x86: no such target; there are linux-x64",
  );
});
