// A release made twice, in folders of different names and depths, and installed from its files.
// packages: git
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../../package.json";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "pounce-release-"));
// Two installations of all packages: on a busy disk that takes longer than a hook may by default.
afterAll(() => rmSync(work, { recursive: true }), 60_000);

const hasCommit = existsSync(join(root, ".git")) && Bun.which("git") !== null;
if (!hasCommit) console.log("not possible here: a release twice, without git and a commit");
const own = `linux-${process.arch}`;

function run(cwd: string, ...argv: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { cwd });
  if (exitCode !== 0) {
    throw new Error(`${argv.join(" ")}: ${stdout.toString()}${stderr.toString()}`);
  }
  return stdout.toString();
}

/** Makes a release of the commit in a folder of its own; resolves its SHA256SUMS. */
async function release(place: string): Promise<string> {
  const folder = join(work, place);
  mkdirSync(join(folder, ".."), { recursive: true });
  run(root, "git", "clone", "--quiet", root, folder);
  run(folder, process.execPath, "install", "--frozen-lockfile");
  run(folder, process.execPath, "scripts/release.ts", own, "darwin-arm64");
  return Bun.file(join(folder, "dist", "release", "SHA256SUMS")).text();
}

test.skipIf(!hasCommit)(
  "the same commit gives the same sums, and what is installed is of that commit",
  async () => {
    const [one, other] = [await release("one"), await release("another/place/further-down")];
    expect(other).toBe(one);
    expect(
      one
        .trim()
        .split("\n")
        .map((line) => line.replace(/^[0-9a-f]{64} {2}/, "")),
    ).toEqual([
      `pounce-${version}-${own}.tar.gz`,
      `pounce-${version}-darwin-arm64.tar.gz`,
      `pounce-${version}.cdx.json`,
    ]);
    const env = {
      ...process.env,
      POUNCE_BASE_URL: `file://${join(work, "one", "dist", "release")}`,
    };
    const argv = ["sh", join(root, "scripts", "install.sh"), "--prefix", join(work, "prefix")];
    const installed = Bun.spawnSync(argv, { env });
    expect(installed.stderr.toString()).toBe("");
    const commit = run(root, "git", "rev-parse", "--short=12", "HEAD").trim();
    const executable = join(work, "prefix", "bin", "pounce");
    expect(run(work, executable, "--version")).toContain(`commit ${commit})`);
  },
  240_000,
);
