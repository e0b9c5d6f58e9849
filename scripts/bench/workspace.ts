// A temporary folder for one run: an executable of its own, so that neither a build nor a test
// beside it changes what is measured or shares memory with it, and apps that are rewritten while
// they run.
import { copyFileSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, COMPILE_FLAGS } from "../build.ts";

const nodeModules = fileURLToPath(new URL("../../node_modules", import.meta.url));

export interface Workspace {
  readonly dir: string;
  readonly pounce: string;
  /** The executable that `--against` names. */
  readonly before: string | undefined;
}

/**
 * Builds pounce into a new folder, or copies the given executable; and the one from before. The
 * folder goes when this process ends, whatever ends it: after that, nothing can write into it.
 */
export async function createWorkspace(
  executable: string | undefined,
  against?: string,
): Promise<Workspace> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-bench-")));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const [pounce, before] = [join(dir, "pounce"), join(dir, "pounce-before")];
  symlinkSync(nodeModules, join(dir, "node_modules"));
  if (executable === undefined) await build(pounce);
  else copyFileSync(executable, pounce);
  if (against !== undefined) copyFileSync(against, before);
  return { dir, pounce, before: against === undefined ? undefined : before };
}

/** Compiles the bare server with the flags that pounce is compiled with. */
export function compileBareServer(workspace: Workspace): string {
  const outfile = join(workspace.dir, "bare-server");
  const source = fileURLToPath(new URL("bare-server.ts", import.meta.url));
  const command = [process.execPath, "build", ...COMPILE_FLAGS, source, "--outfile", outfile];
  const result = Bun.spawnSync(command, { cwd: workspace.dir, stdout: "pipe", stderr: "pipe" });
  if (result.exitCode !== 0) throw new Error(`bun build failed:\n${result.stderr.toString()}`);
  return outfile;
}

/** Source of the apps that are rewritten: they answer with their version. */
const VERSIONED_APPS = {
  plain: (version: string) =>
    `export default { fetch: () => new Response(${JSON.stringify(version)}) };\n`,
  async: (version: string) =>
    `export default {\n` +
    `  async fetch() {\n` +
    `    await Promise.resolve();\n` +
    `    return new Response(${JSON.stringify(version)});\n` +
    `  },\n` +
    `};\n`,
  Hono: (version: string) =>
    `import { Hono } from "hono";\n` +
    `const app = new Hono();\n` +
    `app.get("/", (c) => c.text(${JSON.stringify(version)}));\n` +
    `export default app;\n`,
};

export type VersionedApp = keyof typeof VERSIONED_APPS;

/** Writes a version of an app and returns its path: the same for each version of one owner. */
export async function writeApp(
  workspace: Workspace,
  name: VersionedApp,
  version: string,
  owner = "",
): Promise<string> {
  const path = join(workspace.dir, `${name}${owner}.ts`);
  await Bun.write(path, VERSIONED_APPS[name](version));
  return path;
}
