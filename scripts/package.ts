// Builds the packages to dist: `bun run package`. The same commit gives the same bytes.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf } from "../src/errors/message-of.ts";
import { version } from "../package.json";
import { commitOf, commitSeconds } from "./build.ts";
import { debPackages } from "./package/deb.ts";
import { executables } from "./package/executables.ts";
import { npmPackages } from "./package/npm.ts";
import type { Ingredients, PackageFile } from "./package/package.ts";
import { TARGETS, targetsNamed } from "./release/targets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const HELP = `Usage: bun run package [--npm] [--deb] [TARGET...]

Makes packages in dist, and prints the SHA-256 of each.

  --npm    only dist/npm/*.tgz: pounce, and a package with the executable for each target
  --deb    only dist/*.deb
  --help   this text

Targets, all without any: ${TARGETS.map(({ name }) => name).join(", ")}
`;

/** Each kind of packages, by its option. */
const KINDS: Readonly<Record<string, (from: Ingredients) => Promise<PackageFile[]>>> = {
  npm: npmPackages,
  deb: debPackages,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      npm: { type: "boolean", default: false },
      deb: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(HELP.trimEnd());
  const targets = targetsNamed(positionals);
  const isAll = !values.npm && !values.deb;
  if (commitOf(root).endsWith("-dirty")) {
    console.error("warning: files differ from the commit: these packages cannot be built again");
  }
  const built = await executables(root, targets);
  const ingredients = { root, version, built, seconds: commitSeconds(root) };
  for (const [kind, make] of Object.entries(KINDS)) {
    if (!isAll && Reflect.get(values, kind) !== true) continue;
    const files = await make(ingredients);
    // What an earlier version has left there would be published again.
    if (kind === "npm") rmSync(join(root, "dist", "npm"), { recursive: true, force: true });
    files.forEach(write);
  }
}

function write({ path, content }: PackageFile): void {
  const full = join(root, "dist", path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  const sum = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  console.log(`${sum}  dist/${path}`);
}

try {
  await main();
} catch (error) {
  console.error(`package: ${messageOf(error)}`);
  process.exit(1);
}
