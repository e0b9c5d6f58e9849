// Projects of test/apps/projects: each is installed as its lock file says, and built with its own
// tool, in a folder that is kept. A version of it is a copy of what the tool has made.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cp, readlink, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { finished } from "./finished.ts";

const sources = fileURLToPath(new URL("../apps/projects/", import.meta.url));
/** What every project answers; it is copied into each. */
const ANSWERS = "answers.js";
/** The version in `ANSWERS`. */
const MARK = "pounce-version-0";
/** A file that says that the folder is complete. */
const BUILT = ".built";

export interface Project {
  /** The folder in test/apps/projects. */
  readonly folder: string;
  /** The script of package.json that builds it; `build` when not given. */
  readonly script?: string;
  /** Variables that it is built with. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is deployed: paths in its folder, and where they go if that is another place. */
  readonly output: Readonly<Record<string, string>>;
}

/** Makes the project where that has not been done, and returns its folder. */
async function built(project: Project): Promise<string> {
  const { script = "build", env = {} } = project;
  const from = join(sources, project.folder);
  const dir = join(tmpdir(), "pounce-projects", `${project.folder}-${hashOf(project, from)}`);
  if (existsSync(join(dir, BUILT))) return dir;
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  cpSync(from, dir, { recursive: true });
  cpSync(join(sources, ANSWERS), join(dir, ANSWERS));
  await run(dir, ["install", "--frozen-lockfile"], {});
  await run(dir, ["--bun", "run", script], env);
  await Bun.write(join(dir, BUILT), "");
  return dir;
}

async function run(cwd: string, argv: string[], more: Record<string, string>): Promise<void> {
  const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
  const quiet = { NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1" };
  // Unlike a test, a build is for production.
  const env = { ...process.env, ...quiet, ...more, NODE_ENV: undefined, PATH: path };
  const child = Bun.spawn([process.execPath, ...argv], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const { code, stdout, stderr } = await finished(child);
  if (code !== 0) throw new Error(`bun ${argv.join(" ")} in ${cwd}:\n${stdout}\n${stderr}`);
}

function hashOf({ script, env }: Project, from: string): string {
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify([script, env, Bun.version]));
  for (const path of [...filesIn(from), join(sources, ANSWERS)]) {
    hash.update(relative(sources, path)).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 12);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}

/** Deploys a version as many do: a folder of its own, then the link `current` leads to it. */
export async function deploy(project: Project, dir: string, version: string): Promise<void> {
  const from = await built(project);
  const name = `${version}-${crypto.randomUUID()}`;
  const release = join(dir, "releases", name);
  for (const [path, place] of Object.entries(project.output)) {
    const as = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true };
    await cp(join(from, path), join(release, place), as);
  }
  for (const path of filesIn(release)) await mark(path, version);
  if (!existsSync(join(release, "node_modules"))) {
    await symlink(join(from, "node_modules"), join(release, "node_modules"));
  }
  const before = await readlink(join(dir, "current")).catch(() => undefined);
  await symlink(join("releases", name), join(dir, "current.new"));
  await rename(join(dir, "current.new"), join(dir, "current"));
  const old = before === undefined ? undefined : join(dir, before);
  // Old workers may still read their files; the version before is kept, as deploys do.
  for (const other of readdirSync(join(dir, "releases"))) {
    const path = join(dir, "releases", other);
    if (path !== release && path !== old) await rm(path, { recursive: true });
  }
}

async function mark(path: string, version: string): Promise<void> {
  if (!/\.(?:[cm]?js|json|html)$/.test(path)) return;
  const text = readFileSync(path, "utf8");
  if (text.includes(MARK)) await Bun.write(path, text.replaceAll(MARK, version));
}
