// Builds a release to dist/release: `bun run release`, or `bun run release linux-x64 …` for some of
// the targets. The same commit gives the same bytes, wherever it is built; SHA256SUMS tells.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../src/errors/message-of.ts";
import { version } from "../package.json";
import { type Entry, file, tarGz } from "./archive.ts";
import { build, commitOf, commitSeconds } from "./build.ts";
import { sbom } from "./release/sbom.ts";
import { installBases, type Target, targetsNamed } from "./release/targets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist", "release");
const work = join(out, ".build");

async function entry(name: string, path: string): Promise<Entry> {
  return file(name, await readFile(path), name === "pounce" ? 0o755 : 0o644);
}

async function archive(executable: string, seconds: number): Promise<Uint8Array> {
  const texts = ["LICENSE", "README.md"].map((name) => entry(name, join(root, name)));
  return tarGz(await Promise.all([entry("pounce", executable), ...texts]), seconds);
}

/** Makes the release. Resolves with the lines of SHA256SUMS. */
async function release(targets: readonly Target[]): Promise<string> {
  const seconds = commitSeconds(root);
  await rm(out, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const baseOf = installBases(root, targets);
  const sums: string[] = [];
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    await writeFile(join(out, name), content);
    const sum = new Bun.CryptoHasher("sha256").update(content).digest("hex");
    sums.push(`${sum}  ${name}\n`);
    console.log(`${sum}  dist/release/${name}`);
  };
  for (const target of targets) {
    const executable = join(work, target.name, "pounce");
    await build(executable, { name: target.bun, base: baseOf(target) });
    const content = await archive(executable, seconds);
    await write(`pounce-${version}-${target.name}.tar.gz`, content);
  }
  const maps = join(work, targets[0]?.name ?? "");
  const inside = sbom({ root, maps, targets, bunVersion: Bun.version, seconds });
  await write(`pounce-${version}.cdx.json`, inside);
  await rm(work, { recursive: true });
  const text = sums.join("");
  await writeFile(join(out, "SHA256SUMS"), text);
  return text;
}

try {
  const commit = commitOf(root);
  if (commit.endsWith("-dirty")) {
    console.error("warning: files differ from the commit: this release cannot be built again");
  }
  await release(targetsNamed(process.argv.slice(2)));
} catch (error) {
  console.error(`release: ${messageOf(error)}`);
  process.exit(1);
}
