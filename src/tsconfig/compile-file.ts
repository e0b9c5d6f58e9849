// Compiles one file of the app as its tsconfig.json says, with Bun's bundler, which obeys all of
// it. Imports stay as they are, and a source map goes with the result, so that errors show the
// app's own lines.

export type Loader = "ts" | "tsx";

interface SourceFile {
  readonly path: string;
  readonly source: string;
  readonly loader: Loader;
  /** The configuration file. */
  readonly config: string;
  /** JSX is compiled as for production, whatever NODE_ENV is. */
  readonly plainJsx: boolean;
}

interface Loaded {
  readonly contents: string;
  readonly loader: "js" | Loader;
}

/**
 * For the module loader. Bun itself gets the files that cannot be compiled, because it says what is
 * wrong with them, and files without a statement that makes them a module, because the bundler
 * would turn them into one.
 */
export function compileFile(file: SourceFile): Loaded | Promise<Loaded> {
  if (!isModule(file)) return untouched(file);
  return isRequired() ? compileAtOnce(file) : compile(file);
}

function untouched({ source, loader }: SourceFile): Loaded {
  return { contents: source, loader };
}

/** What a module has at the start of a line, and what CommonJS has anywhere. */
const STATEMENT = /^[ \t]*(?:import|export)\b/m;
const COMMON_JS = /\b(?:module|exports|require)\b/;

function isModule({ source, loader }: SourceFile): boolean {
  if (STATEMENT.test(source) || !COMMON_JS.test(source)) return true;
  try {
    const { exports, imports } = new Bun.Transpiler({ loader }).scan(source);
    return exports.length > 0 || imports.some(({ kind }) => kind === "import-statement");
  } catch {
    return false;
  }
}

/** `require` cannot wait. It is on the stack as a native function; for an `import`, nothing is. */
function isRequired(): boolean {
  const { prepareStackTrace, stackTraceLimit } = Error;
  // An app may have set them to anything.
  Object.assign(Error, { prepareStackTrace: undefined, stackTraceLimit: 10 });
  const stack = new Error().stack ?? "";
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  return stack.includes("at anonymous (unknown)");
}

const DEFINE = { "process.env.NODE_ENV": "process.env.NODE_ENV" };

async function compile(file: SourceFile): Promise<Loaded> {
  const { path, config, plainJsx } = file;
  const result = await Bun.build({
    entrypoints: [path],
    external: ["*"],
    target: "bun",
    format: "esm",
    sourcemap: "inline",
    // As Bun does when it runs a file, so that errors have the same columns.
    minify: { syntax: true },
    tsconfig: config,
    ...(plainJsx ? { jsx: { development: false } } : {}),
    env: "disable",
    define: DEFINE,
    throw: false,
  } as Bun.BuildConfig);
  const text = result.success ? await result.outputs[0]?.text() : undefined;
  return loaded(file, text);
}

/** The same, synchronously, in a child process, which takes some 15 ms. */
function compileAtOnce(file: SourceFile): Loaded {
  const { path, config, plainJsx } = file;
  const options = [
    "external=*",
    "target=bun",
    "format=esm",
    "sourcemap=inline",
    "minify-syntax",
    "env=disable",
  ];
  options.push(`tsconfig-override=${config}`);
  options.push(...Object.entries(DEFINE).map(([name, value]) => `define=${name}:${value}`));
  const { success, stdout } = Bun.spawnSync(
    [process.execPath, "build", path, ...options.map((option) => `--${option}`)],
    { env: { ...process.env, BUN_BE_BUN: "1", ...(plainJsx ? { NODE_ENV: "production" } : {}) } },
  );
  return loaded(file, success ? stdout.toString() : undefined);
}

const MAP = "\n//# sourceMappingURL=data:application/json;base64,";

/** The source map names the file relative to the working directory; here it gets its full path. */
function loaded(file: SourceFile, compiled: string | undefined): Loaded {
  if (compiled === undefined) return untouched(file);
  // The last one: the file itself may contain such a text.
  const end = compiled.lastIndexOf(MAP) + MAP.length;
  const map: object = JSON.parse(Buffer.from(compiled.slice(end), "base64").toString());
  const named = JSON.stringify({ ...map, sources: [file.path] });
  return { contents: compiled.slice(0, end) + Buffer.from(named).toString("base64"), loader: "js" };
}
