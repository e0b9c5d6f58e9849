// Makes an executable that holds pounce and an app. pounce's own modules are read back from this
// executable, an entry that includes the app is written, and Bun, which is in here too, compiles
// both. The app stays a chunk of its own, which only workers evaluate.
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { parseAppReference } from "../config/app-reference.ts";
import { isFolder, relativeModule } from "../os/paths.ts";
import { refusal } from "../os/refusal.ts";
import { EMBEDDED_APP_KEY, embeddedApp } from "../embedded-app.ts";
import { type Base, readBase } from "./base.ts";
import { folderServer } from "./folder-server.ts";
import { ownFolderNotes } from "./own-folders.ts";
import { isExecutable, type TargetName } from "./executable.ts";
import { ownModules, type OwnModules } from "./own-modules.ts";
import { leaveBuiltInsOut } from "./built-ins.ts";
import { leaveOptionalPackagesOut } from "./optional-packages.ts";

interface BuildInput {
  /** APP as it was given. */
  readonly app: string;
  /** The folder that a relative module in `app` starts from. */
  readonly folder: string;
  /** The executable to write, absolute. */
  readonly outfile: string;
  /** An executable of pounce for another system, absolute; undefined: for this one. */
  readonly base: string | undefined;
  /** The system to build for; undefined: that of `base`. */
  readonly target: TargetName | undefined;
}

type BuildResult =
  | {
      readonly ok: true;
      readonly bytes: number;
      readonly target: TargetName;
      /** What may not work in the executable, in lines for people. */
      readonly notes: readonly string[];
    }
  /**
   * `usage`: wrong arguments; `failed`: the app's own error. `error` is the full text for people.
   */
  | { readonly ok: false; readonly cause: "usage" | "failed"; readonly error: string };

/**
 * Builds, and replaces `outfile` in one step. If it fails, `outfile` stays as it was, and nothing
 * else is left.
 */
export async function buildExecutable(input: BuildInput): Promise<BuildResult> {
  const reference = parseAppReference(input.app);
  if (!reference.ok) return usage(`APP: ${reference.error}`);
  if (embeddedApp() !== undefined) {
    return usage("this executable already holds an app; build with plain pounce");
  }
  const modules = ownModules();
  if (modules === undefined) return usage("only the compiled executable can build: dist/pounce");
  if (isFolder(input.outfile)) return failed(`-o: ${input.outfile} is a folder`);
  if (isOfOthers(input.outfile)) {
    return failed(`-o: ${input.outfile} exists and is not an executable, so it is not replaced`);
  }
  const base = readBase(input.base, input.target);
  if (!base.ok) return usage(base.error);
  const file = resolveModule(reference.module, input.folder);
  if (file === undefined) return failed(`app ${input.app}: no such module in ${input.folder}`);
  const maker = folderServer(file);
  if (maker !== undefined) return failed(`app ${input.app}: ${servedFromFolder(maker, input.app)}`);
  let work: string;
  try {
    work = mkdtempSync(join(dirname(input.outfile), `.${basename(input.outfile)}.build-`));
  } catch (error) {
    return failed(`-o: cannot write ${input.outfile}: ${refusal(error)}`);
  }
  const clean = (): void => rmSync(work, { recursive: true, force: true });
  // A signal ends the process at once: nothing is left behind then either.
  process.once("exit", clean);
  try {
    const { exportName, call } = reference;
    const entry = writeEntry(work, modules, { label: input.app, exportName, call, file });
    const made = await compile([entry, file], join(work, "out", "pounce"), base);
    if (!made.ok) return failed(`app ${input.app}: ${made.error}`);
    renameSync(join(work, "out", "pounce"), input.outfile);
    const files = made.modules.filter((path) => !path.startsWith(`${work}/`));
    const notes = ownFolderNotes(files, realpathSync(input.folder));
    return { ok: true, bytes: statSync(input.outfile).size, target: base.target, notes };
  } finally {
    clean();
    process.off("exit", clean);
  }
}

function servedFromFolder(maker: string, app: string): string {
  return (
    `this server of ${maker} reads files beside it as it runs, which an executable would not ` +
    `have: deploy its folder and serve that: pounce ${app} ("pounce help programs" says how)`
  );
}

function usage(error: string): BuildResult {
  return { ok: false, cause: "usage", error };
}

function failed(error: string): BuildResult {
  return { ok: false, cause: "failed", error };
}

/**
 * An existing file that `build` did not write may be the app's own source. Replacing an empty one
 * harms nobody.
 */
function isOfOthers(path: string): boolean {
  try {
    const stat = statSync(path);
    return !stat.isFile() || (stat.size > 0 && !isExecutable(readHead(path)));
  } catch {
    // There is no file, or it can only be replaced.
    return false;
  }
}

function readHead(path: string): Buffer {
  const head = Buffer.alloc(4);
  const descriptor = openSync(path, "r");
  try {
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}

function resolveModule(module: string, folder: string): string | undefined {
  try {
    return realpathSync(Bun.resolveSync(relativeModule(module), folder));
  } catch {
    return undefined;
  }
}

interface AppModule {
  readonly label: string;
  readonly exportName: string | undefined;
  readonly call: boolean;
  readonly file: string;
}

/** Writes pounce's modules, and what must run before them, to a folder; returns what to compile. */
function writeEntry(folder: string, { entry, texts }: OwnModules, app: AppModule): string {
  // A package.json further up must not say that these modules have no side effects.
  writeFileSync(join(folder, "package.json"), '{"type":"module","sideEffects":true}');
  for (const [name, text] of texts) writeFileSync(join(folder, name), text);
  const { label, exportName, call, file } = app;
  const main = `${basename(file, extname(file))}.js`;
  const about = JSON.stringify({ label, exportName, call, main }).slice(0, -1);
  const load = `load: () => import(${JSON.stringify(file)})`;
  const key = JSON.stringify(EMBEDDED_APP_KEY);
  const text = `globalThis[Symbol.for(${key})] = ${about}, ${load}};\n`;
  writeFileSync(join(folder, "the-app.js"), text);
  const path = join(folder, "pounce-with-app.js");
  writeFileSync(path, `import "./the-app.js";\nimport "./${entry}";\n`);
  return path;
}

/** `modules`: all that is inside, absolute; `error`: why it cannot be compiled. */
type Compiled =
  | { readonly ok: true; readonly modules: readonly string[] }
  | { readonly ok: false; readonly error: string };

async function compile(entrypoints: string[], outfile: string, base: Base): Promise<Compiled> {
  const cross =
    base.path === undefined
      ? {}
      : { executablePath: base.path, target: `bun-${base.target}` as Bun.Build.CompileTarget };
  const result = await Bun.build({
    // The app is one of them so that it is what runs, to itself: in a module that is merely
    // imported, `import.meta.main` is compiled to false.
    entrypoints,
    naming: { entry: "[name].[ext]" },
    target: "bun",
    format: "esm",
    splitting: true,
    bytecode: true,
    // Names stay, because errors show them.
    minify: { whitespace: true, syntax: true, identifiers: false },
    sourcemap: "linked",
    // The app gets the environment in which it is started, as it does from its sources.
    env: "disable",
    define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
    // JSX compiled for development does not run where NODE_ENV is "production"; this runs in both.
    jsx: { development: false },
    throw: false,
    metafile: true,
    plugins: [leaveBuiltInsOut, leaveOptionalPackagesOut],
    compile: {
      outfile,
      // As in scripts/build.ts, for the same reason.
      autoloadDotenv: true,
      execArgv: ["--env-file="],
      autoloadBunfig: false,
      autoloadTsconfig: true,
      autoloadPackageJson: true,
      ...cross,
    },
  } as Bun.BuildConfig);
  if (result.success) return { ok: true, modules: modulesOf(result) };
  const error = result.logs.map((log) => Bun.inspect(log, { colors: false }).trim()).join("\n");
  return { ok: false, error };
}

/** Those that are code. */
function modulesOf({ metafile }: Bun.BuildOutput): string[] {
  const paths = Object.keys(metafile?.inputs ?? {}).filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  return paths.map((path) => resolve(path));
}
