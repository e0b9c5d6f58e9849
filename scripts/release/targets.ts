// The systems that a release has an executable for, and Bun's own executable for each, from which
// ours is made. They come from the npm registry, each with the checksum in bun.lock.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Target {
  /** As a release names it. */
  readonly name: string;
  /** As `bun build --target` does. */
  readonly bun: string;
  /** The npm package with Bun's executable. */
  readonly base: string;
}

/** Of Bun 1.4.5, `x64` and `x64-baseline` are one and the same file: it needs no AVX2. */
export const TARGETS: readonly Target[] = [
  { name: "linux-x64", bun: "bun-linux-x64", base: "@oven/bun-linux-x64" },
  { name: "linux-arm64", bun: "bun-linux-arm64", base: "@oven/bun-linux-aarch64" },
  { name: "linux-x64-musl", bun: "bun-linux-x64-musl", base: "@oven/bun-linux-x64-musl" },
  { name: "linux-arm64-musl", bun: "bun-linux-arm64-musl", base: "@oven/bun-linux-aarch64-musl" },
  { name: "darwin-x64", bun: "bun-darwin-x64", base: "@oven/bun-darwin-x64" },
  { name: "darwin-arm64", bun: "bun-darwin-arm64", base: "@oven/bun-darwin-aarch64" },
];

/** The targets of these names, or all. Throws with the names there are. */
export function targetsNamed(names: readonly string[]): readonly Target[] {
  const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name));
  if (unknown.length > 0) {
    const all = TARGETS.map(({ name }) => name).join(", ");
    throw new Error(`${unknown.join(", ")}: no such target; there are ${all}`);
  }
  return names.length === 0 ? TARGETS : TARGETS.filter(({ name }) => names.includes(name));
}

/** What bun.lock says of a package: `["name@1.2.3", "", {…}, "sha512-…"]`, on one line. */
export function lockedPackage(
  lock: string,
  name: string,
): { readonly version: string; readonly integrity: string } {
  const quoted = RegExp.escape(name);
  const line = new RegExp(`^ +"${quoted}": \\["${quoted}@([^"]+)".*"(sha512-[^"]+)"\\],$`, "m");
  const [, version, integrity] = line.exec(lock) ?? [];
  if (version === undefined || integrity === undefined) {
    throw new Error(`bun.lock has no entry for ${name}`);
  }
  return { version, integrity };
}

/**
 * Installs Bun's executables for other systems below node_modules, where later runs find them.
 * Resolves a target's executable. Throws when a package is not the one that bun.lock names.
 */
export function installBases(root: string, targets: readonly Target[]): (target: Target) => string {
  const folder = join(root, "node_modules", ".pounce-bases");
  const lock = readFileSync(join(root, "bun.lock"), "utf8");
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(
    targets.map(({ base }) => [base, lockedPackage(lock, base).version]),
  );
  const manifest = { name: "pounce-bases", private: true, dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  // Where a registry is set for the checkout, it is meant for this install too.
  if (existsSync(join(root, ".npmrc"))) cpSync(join(root, ".npmrc"), join(folder, ".npmrc"));
  const argv = ["install", "--os=*", "--cpu=*", "--ignore-scripts", "--save-text-lockfile"];
  const install = Bun.spawnSync([process.execPath, ...argv], { cwd: folder });
  if (install.exitCode !== 0) throw new Error(`bun install failed:\n${install.stderr.toString()}`);
  const installed = readFileSync(join(folder, "bun.lock"), "utf8");
  for (const { base } of targets) {
    if (lockedPackage(installed, base).integrity !== lockedPackage(lock, base).integrity) {
      throw new Error(`${base} is not the package that bun.lock names`);
    }
  }
  return ({ base }) => join(folder, "node_modules", base, "bin", "bun");
}
