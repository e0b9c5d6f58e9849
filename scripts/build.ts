// Builds dist/pounce for this machine: `bun run build`.
import { existsSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { dependencies } from "../package.json";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The flags of the executable. Each `--compile-autoload-*` decides what an app finds at start, or
 * must not run.
 */
export const COMPILE_FLAGS = [
  "--compile",
  "--minify",
  "--keep-names",
  "--bytecode",
  // Code that only a master, or only a worker, needs is a chunk of its own, which only that process
  // loads.
  "--splitting",
  "--format=esm",
  "--sourcemap=linked",
  "--compile-autoload-package-json",
  "--compile-autoload-tsconfig",
  // If Bun may not load .env files, it inlines NODE_ENV as "development" and ignores what
  // tsconfig.json says about JSX. So it may, and an option tells it to load none.
  "--compile-autoload-dotenv",
  "--compile-exec-argv=--env-file=",
  "--no-compile-autoload-bunfig",
];

/** The commit of a checkout, marked if files differ from it; "unknown" if there is none. */
export function commitOf(folder: string): string {
  // Git would go up to any repository that contains the folder.
  if (!existsSync(join(folder, ".git")) || Bun.which("git") === null) return "unknown";
  // The default length of the name depends on the number of objects in a clone; a build must not.
  const describe = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  const result = Bun.spawnSync(["git", "--no-optional-locks", ...describe], { cwd: folder });
  return result.exitCode === 0 ? result.stdout.toString().trim() : "unknown";
}

/**
 * When the commit of a checkout was made, in seconds since 1970; SOURCE_DATE_EPOCH if that is set.
 * What is made from the commit gets this time, so that it can be reproduced. Throws if the variable
 * is not a time.
 */
export function commitSeconds(folder: string): number {
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (given !== undefined && given !== "") {
    if (/^\d{1,11}$/.test(given)) return Number(given);
    throw new Error(`SOURCE_DATE_EPOCH: expected seconds since 1970, got "${given}"`);
  }
  if (commitOf(folder) === "unknown") return 0;
  const log = Bun.spawnSync(["git", "log", "-1", "--format=%ct"], { cwd: folder });
  return Number(log.stdout.toString().trim());
}

/** Another system to build for. */
interface CrossTarget {
  /** As Bun names it: `bun-linux-arm64`. */
  readonly name: string;
  /** Bun's own executable for that system, of this very version. */
  readonly base: string;
}

/** The source map of a chunk, as the compiler names it: with a hash of what is in it. */
const CHUNK_MAP = /-[0-9a-z]{8}\.js\.map$/;

/** When each source map of a chunk in `folder` was written, by its name. */
function chunkMaps(folder: string): Map<string, number> {
  const names = readdirSync(folder).filter((name) => CHUNK_MAP.test(name));
  return new Map(names.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
}

/**
 * Compiles the executable to `outfile`, for this machine or for `target`. Writes its source maps
 * beside it, and removes those of the previous build. If that fails, throws with the compiler's
 * output, and leaves everything as it was.
 * @param posesAs for tests only: the system that the executable takes its own for
 */
export async function build(
  outfile = join(root, "dist", "pounce"),
  target?: CrossTarget,
  posesAs?: "darwin",
): Promise<string> {
  const folder = dirname(outfile);
  await mkdir(folder, { recursive: true });
  const before = chunkMaps(folder);
  const cross =
    target === undefined
      ? []
      : [`--target=${target.name}`, `--compile-executable-path=${target.base}`];
  const result = Bun.spawnSync(
    [
      process.execPath,
      "build",
      ...COMPILE_FLAGS,
      ...cross,
      ...(posesAs === undefined ? [] : ["--define", `POUNCE_POSES_AS=${JSON.stringify(posesAs)}`]),
      "--define",
      `POUNCE_BUILD_COMMIT=${JSON.stringify(commitOf(root))}`,
      "--define",
      `POUNCE_HONO_VERSION=${JSON.stringify(dependencies.hono)}`,
      // Relative, so that the folder of the checkout does not get into the executable.
      join("src", "main.ts"),
      "--outfile",
      relative(root, outfile),
    ],
    { cwd: root, stdout: "pipe", stderr: "pipe" },
  );
  if (result.exitCode !== 0) {
    throw new Error(`bun build failed:\n${result.stdout.toString()}${result.stderr.toString()}`);
  }
  const after = chunkMaps(folder);
  for (const [name, writtenMs] of before) {
    if (after.get(name) === writtenMs) unlinkSync(join(folder, name));
  }
  return outfile;
}

if (import.meta.main) console.log(await build());
