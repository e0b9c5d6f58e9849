// Small modules, each of which asks one thing of the process or the language, and returns what it
// found. They are served by one app under `bun`, under pounce and from an executable of `pounce
// build`, and their answers are compared. What differs is on the list below, with its reason.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMissing, runTool } from "../helpers/tools.ts";
import { Database } from "bun:sqlite";

export interface Case {
  /**
   * The module: its default export is a function whose result is the answer. HERE is its folder's
   * name.
   */
  readonly source: string;
  /** Files beside it, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;
  readonly extension?: "ts" | "tsx" | "cjs" | "mjs" | "js" | "cts";
}

const lines = (...parts: string[]): string => parts.join("\n");

/** A module with a function `add`, compiled: (i32, i32) -> i32. */
const WASM = Uint8Array.from(
  Buffer.from(
    "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b",
    "hex",
  ),
);

/** A database with a table `t`, of one row. */
function sqliteFile(): Uint8Array<ArrayBuffer> {
  using db = new Database(":memory:");
  db.run("create table t (a)");
  db.run("insert into t values (5)");
  return Uint8Array.from(db.serialize());
}

/**
 * An addon with a function `add`, by the stable interface of Node; nothing where there is no C
 * compiler.
 */
function nativeAddon(): Uint8Array<ArrayBuffer> | undefined {
  if (isMissing("cc")) return undefined;
  const dir = mkdtempSync(join(tmpdir(), "pounce-addon-"));
  try {
    writeFileSync(
      join(dir, "addon.c"),
      lines(
        "typedef void *env, *value, *info; typedef value (*callback)(env, info);",
        "int napi_get_cb_info(env, info, unsigned long *, value *, value *, void **);",
        "int napi_get_value_int32(env, value, int *); int napi_create_int32(env, int, value *);",
        "int napi_create_function(env, const char *, unsigned long, callback, void *, value *);",
        "int napi_set_named_property(env, value, const char *, value);",
        "static value add(env e, info i) { unsigned long n = 2; value v[2], r; int a, b;",
        "  napi_get_cb_info(e, i, &n, v, 0, 0); napi_get_value_int32(e, v[0], &a);",
        "  napi_get_value_int32(e, v[1], &b); napi_create_int32(e, a + b, &r); return r; }",
        "value napi_register_module_v1(env e, value exports) { value f;",
        '  napi_create_function(e, "add", 3, add, 0, &f); napi_set_named_property(e, exports, "add", f);',
        "  return exports; }",
      ),
    );
    const { code, stderr } = runTool("cc", [
      "-shared",
      "-fPIC",
      "-o",
      `${dir}/addon.node`,
      `${dir}/addon.c`,
    ]);
    if (code !== 0) throw new Error(stderr);
    return Uint8Array.from(readFileSync(join(dir, "addon.node")));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const addon = nativeAddon();

const JOB = lines(
  "process.send({ argv: process.argv.slice(2), out: 6 * 7, own: typeof Bun });",
  'process.on("message", (m) => { process.send("echo " + m); process.disconnect(); });',
);
const FORK = (options: string): string =>
  lines(
    'import { fork } from "node:child_process";',
    "export default () => new Promise((done) => {",
    `  const child = fork("./HERE/job.mjs", ["a", "b"], ${options});`,
    "  const said: unknown[] = [];",
    '  child.on("message", (m) => { if (said.push(m) === 1) child.send("hi"); });',
    '  child.on("exit", (code) => done([...said, code]));',
    "});",
  );

export const CASES: Readonly<Record<string, Case>> = {
  // Modules.
  "top-level await": { source: "const x = await Promise.resolve(7); export default () => x;" },
  "circular imports": {
    source: 'import { a } from "./one.ts"; export default () => a();',
    files: {
      "one.ts":
        'import { b } from "./two.ts"; export const name = "one"; export const a = () => b();',
      "two.ts": 'import { name } from "./one.ts"; export const b = () => `two of ${name}`;',
    },
  },
  "dynamic import": {
    source: 'export default async () => (await import("./part.ts")).default;',
    files: { "part.ts": "export default 1;" },
  },
  "dynamic import of a name that is made up": {
    source: 'export default async () => (await import(`./${["p", "art"].join("")}.ts`)).default;',
    files: { "part.ts": "export default 1;" },
  },
  "import of JSON": {
    source: 'import data, { a } from "./data.json"; export default () => [data, a];',
    files: { "data.json": '{"a":[1,2]}' },
  },
  "import of JSON by require": {
    source: 'export default () => require("./data.json");',
    files: { "data.json": '{"a":1}' },
  },
  "import of TOML, YAML and JSONC": {
    source:
      'import t from "./x.toml"; import y from "./x.yaml"; import j from "./x.jsonc"; export default () => [t, y, j];',
    files: {
      "x.toml": "a = 1\n[b]\nc = 2\n",
      "x.yaml": "a: [1, 2]\n",
      "x.jsonc": '{"a":1, /* c */}',
    },
  },
  "import of text": {
    source:
      'import t from "./t.md" with { type: "text" }; import u from "./u.txt"; export default () => [t, u];',
    files: { "t.md": "# Title\n", "u.txt": "text" },
  },
  "import of a file's path": {
    source:
      'import f from "./f.bin" with { type: "file" }; export default () => Bun.file(f).text();',
    files: { "f.bin": "bytes" },
  },
  "import of SQLite": {
    source:
      'import db from "./made.sqlite" with { type: "sqlite" }; export default () => db.query("select a from t").get();',
    files: { "made.sqlite": sqliteFile() },
  },
  "import of WebAssembly": {
    source: lines(
      'import path from "./add.wasm" with { type: "file" };',
      "export default async () => { const m = await WebAssembly.instantiate(await Bun.file(path).arrayBuffer()); return (m.instance.exports as any).add(2, 3); };",
    ),
    files: { "add.wasm": WASM },
  },
  "import of CSS": {
    source: 'import "./x.css"; export default () => "imported";',
    files: { "x.css": "p { color: red }" },
  },
  macro: {
    source: 'import { made } from "./m.ts" with { type: "macro" }; export default () => made();',
    files: { "m.ts": "export const made = () => 6 * 7;" },
  },
  CommonJS: {
    extension: "cjs",
    source:
      'const { dirname } = require("node:path"); exports.default = () => [typeof module, dirname("/a/b"), require("./b.cjs")];',
    files: { "b.cjs": "module.exports = { b: __filename.slice(-5) };" },
  },
  "CommonJS in TypeScript": {
    extension: "cts",
    source:
      'import path = require("node:path"); export = { default: () => path.basename("/a/b") };',
  },
  "named imports of CommonJS": {
    source: 'import all, { x } from "./b.cjs"; export default () => [all, x];',
    files: { "b.cjs": "exports.x = 1; exports.__esModule = false;" },
  },
  "require of a module": {
    source: 'export default () => ({ ...require("./m.mjs") });',
    files: { "m.mjs": "export const a = 1; export default 2;" },
  },
  "require.resolve and import.meta.resolve": {
    source:
      'export default () => [require.resolve("./other.ts"), import.meta.resolve("./other.ts"), import.meta.resolve("node:fs"), Bun.resolveSync("./other.ts", import.meta.dir)];',
    files: { "other.ts": "export {};" },
  },
  createRequire: {
    source:
      'import { createRequire } from "node:module"; export default () => createRequire(import.meta.url)("./d.json");',
    files: { "d.json": "[1]" },
  },
  "import.meta": {
    source:
      "export default () => { const { dir, path, file, url, dirname, filename } = import.meta; return { dir, path, file, url, dirname, filename }; };",
  },
  "a module that is not there": {
    source:
      'export default () => import(["./no-such", ".ts"].join("")).catch((e) => [e.name, e.message, e.code]);',
  },
  "a package that is not there": {
    source:
      'export default () => import(["no-such", "package"].join("-")).catch((e) => [e.name, e.message, e.code]);',
  },
  "a syntax error": {
    source:
      'export default () => import(["./wrong", ".ts"].join("")).catch((e) => [e.name, Bun.inspect(e)]);',
    files: { "wrong.ts": "const fine = 1;\nconst = 2;\n" },
  },
  "bun:test outside of a test": {
    source: 'export default () => import("bun:test").then((m) => typeof m.test, (e) => e.message);',
  },
  // The language.
  "enums, namespaces and parameter properties": {
    source: lines(
      "enum A { One = 1, Two } const enum B { X = 'x' } namespace N { export const n = 3; }",
      "class P { constructor(readonly a = 1) {} }",
      "export default () => [A, B.X, N.n, new P().a];",
    ),
  },
  "fields that are only declared": {
    source:
      "class A { constructor() { (this as any).x = 1; } } class B extends A { x: any; declare y: any; } export default () => Object.keys(new B());",
  },
  "decorators of the standard": {
    source: lines(
      "const seen: unknown[] = [];",
      "const d = (value: unknown, context: any) => { seen.push([context.kind, context.name]); };",
      "class A { @d m() {} @d static s = 1; }",
      "export default () => [A.s, seen];",
    ),
  },
  using: {
    source:
      "export default () => { const log: string[] = []; { using x = { [Symbol.dispose]: () => void log.push('disposed') }; log.push(typeof x); } return log; };",
  },
  "JSX with a pragma": {
    extension: "tsx",
    source: lines(
      "/** @jsxRuntime classic */",
      "/** @jsx h */",
      "const h = (type: string, props: unknown, ...children: unknown[]) => ({ type, props, children });",
      'export default () => <p class="a">b{1}</p>;',
    ),
  },
  "JSX with an import source": {
    extension: "tsx",
    source: lines(
      "/** @jsxImportSource hono/jsx */",
      'export default () => String(<p class="a">{[1, 2].map((n) => <b>{n}</b>)}</p>);',
    ),
  },
  // The process.
  "process.argv and Bun.argv": {
    source:
      "export default () => [process.argv.length, process.argv[0] === process.execPath, process.argv[1], Bun.argv.length, Bun.argv[1], process.execArgv];",
  },
  "Bun.main": {
    source: "export default () => [Bun.main, require.main === undefined, import.meta.main];",
  },
  "process.title and argv0": { source: "export default () => [process.title, process.argv0];" },
  "process.stdin": {
    source: "export default () => [process.stdin.fd, Boolean(process.stdin.isTTY)];",
  },
  "process.exitCode and cwd": {
    source: "export default () => [process.exitCode ?? null, process.cwd(), Bun.cwd ?? null];",
  },
  "versions and features": {
    source:
      "export default () => [Bun.version, Bun.revision, process.version, process.versions, process.release.name, process.features, process.platform, process.arch];",
  },
  "handlers of process events": {
    source:
      "export default () => process.eventNames().map(String).sort().map((name) => [name, process.listenerCount(name)]);",
  },
  "process.send": {
    source:
      "export default () => [typeof process.send, process.connected ?? null, typeof process.disconnect];",
  },
  "events of the process": {
    source: lines(
      "export default () => new Promise((done) => {",
      '  process.once("warning", (w) => done([w.name, w.message]));',
      '  process.emitWarning("as asked", "MyWarning");',
      "});",
    ),
  },
  NODE_ENV: {
    source:
      'const { env } = process; export default () => [process.env.NODE_ENV ?? "unset", env["NODE_" + "ENV"] ?? "unset", Bun.env.NODE_ENV ?? "unset", import.meta.env.NODE_ENV ?? "unset", "NODE_ENV" in process.env];',
  },
  "the environment": {
    source:
      'export default () => Object.keys(process.env).filter((it) => !["PORT", "HOST", "FROM_DOTENV"].includes(it)).sort();',
  },
  "a file .env in the folder": {
    source: 'export default () => process.env["FROM_DOTENV"] ?? "unset";',
  },
  "a preload of bunfig.toml": {
    source: 'export default () => Reflect.get(globalThis, "preloaded") ?? "not run";',
  },
  // Other processes and threads.
  fork: { source: FORK("{}"), files: { "job.mjs": JOB } },
  "fork with an environment of its own": {
    source: FORK('{ env: { A: "1" } }'),
    files: { "job.mjs": JOB },
  },
  "spawn of process.execPath": {
    source:
      'import { execFileSync } from "node:child_process"; export default () => execFileSync(process.execPath, ["-e", "console.log(process.argv.length, 1 + 1)"], { env: {} }).toString();',
  },
  "process.execPath in a shell": {
    source:
      'import { execSync } from "node:child_process"; export default async () => [execSync(`"${process.execPath}" --version`).toString(), (await Bun.$`${process.execPath} --version`.quiet()).stdout.toString()];',
  },
  "Bun.spawn of bun": {
    source:
      'export default () => Bun.spawnSync(["bun", "-e", "console.log(Bun.version)"]).stdout.toString();',
  },
  "Bun.spawn with messages": {
    source: lines(
      "export default () => new Promise((done) => {",
      "  const said: unknown[] = [];",
      '  const child = Bun.spawn([process.execPath, "./HERE/job.mjs", "x"], {',
      '    ipc: (m) => { if (said.push(m) === 1) child.send("hi"); else done(said); },',
      '    stdio: ["ignore", "inherit", "inherit"],',
      "  });",
      "});",
    ),
    files: { "job.mjs": JOB },
  },
  "what a child finds": {
    source:
      'export default () => JSON.parse(Bun.spawnSync([process.execPath, "-p", "JSON.stringify(Object.keys(process.env).filter((it) => it !== `PORT` && it !== `FROM_DOTENV`).sort())"]).stdout.toString());',
  },
  Worker: {
    source: lines(
      "export default () => new Promise((done, fail) => {",
      '  const worker = new Worker(process.cwd() + "/HERE/thread.ts");',
      "  worker.onmessage = ({ data }) => { done(data); worker.terminate(); };",
      "  worker.onerror = (event) => fail(new Error(event.message));",
      "  worker.postMessage({ a: 1 });",
      "});",
    ),
    files: {
      "thread.ts":
        "declare var self: any; self.onmessage = ({ data }: any) => self.postMessage([data, typeof Bun, import.meta.file]);",
    },
  },
  "node:worker_threads": {
    source: lines(
      'import { Worker } from "node:worker_threads";',
      "export default () => new Promise((done, fail) => {",
      '  const worker = new Worker(process.cwd() + "/HERE/thread.ts", { workerData: 5 });',
      '  worker.on("message", done); worker.on("error", fail);',
      "});",
    ),
    files: {
      "thread.ts":
        'import { parentPort, workerData, isMainThread } from "node:worker_threads"; parentPort!.postMessage([workerData, isMainThread]);',
    },
  },
  "the process as a thread finds it": {
    source: lines(
      'import { Worker } from "node:worker_threads";',
      "export default () => new Promise((done) => {",
      '  new Worker(process.cwd() + "/HERE/thread.ts").on("message", done);',
      "});",
    ),
    files: {
      "thread.ts":
        'import { parentPort } from "node:worker_threads"; parentPort!.postMessage([process.argv.length, process.execArgv, process.env.NODE_ENV ?? "unset"]);',
    },
  },
  "process.execPath in a thread": {
    source: lines(
      'import { Worker } from "node:worker_threads";',
      "export default () => new Promise((done) => {",
      '  new Worker(process.cwd() + "/HERE/thread.ts").on("message", done);',
      "});",
    ),
    files: {
      "thread.ts":
        'import { parentPort } from "node:worker_threads"; parentPort!.postMessage(Bun.spawnSync([process.execPath, "-p", "1 + 1"]).stdout.toString());',
    },
  },
  // What is built into Bun.
  ...(addon && {
    "a native addon": {
      source: 'export default () => require("./addon.node").add(4, 5);',
      files: { "addon.node": addon },
    },
  }),
  "require.cache": {
    source:
      "export default () => Object.keys(require.cache).length > 0 && Object.keys(require.cache).every((it) => !it.includes('bunfs'));",
  },
  "bun:sqlite": {
    source:
      'import { Database } from "bun:sqlite"; export default () => new Database(":memory:").query("select 1 + 1 as two").get();',
  },
  "bun:ffi": {
    source:
      'import { dlopen } from "bun:ffi"; export default () => { const l = dlopen(process.platform === "darwin" ? "libc.dylib" : "libc.so.6", { abs: { args: ["i32"], returns: "i32" } }); return l.symbols.abs(-5); };',
  },
  "modules of node:": {
    source:
      'import { builtinModules } from "node:module"; export default async () => Promise.all(builtinModules.filter((it) => !it.includes("bun:") && !it.includes("test")).sort().map(async (it) => [it, Object.keys(await import(it)).filter((name) => it !== "cluster" || name !== "worker").length]));',
  },
  timers: {
    source: lines(
      "export default () => new Promise((done) => {",
      "  const order: string[] = [];",
      '  setTimeout(() => { order.push("timeout"); setTimeout(() => done(order), 5); }, 0);',
      '  process.nextTick(() => order.push("tick")); queueMicrotask(() => order.push("microtask"));',
      '  Promise.resolve().then(() => order.push("promise"));',
      "});",
    ),
  },
  AsyncLocalStorage: {
    source:
      'import { AsyncLocalStorage } from "node:async_hooks"; const s = new AsyncLocalStorage(); export default () => s.run(4, async () => { await Bun.sleep(1); return s.getStore(); });',
  },
  "streams and compression": {
    source:
      'import { gunzipSync } from "node:zlib"; export default async () => gunzipSync(Bun.gzipSync(Buffer.from(await new Response(new Blob(["abc"]).stream()).text()))).toString();',
  },
  "Bun.password, hash and crypto": {
    source:
      'import { createHash } from "node:crypto"; export default () => [String(Bun.hash("a")), createHash("sha256").update("a").digest("hex"), new Bun.CryptoHasher("md5").update("a").digest("hex")];',
  },
  "Bun.file of a relative path": { source: 'export default () => Bun.file("in-cwd.txt").text();' },
  "a shell of Bun": { source: "export default async () => (await Bun.$`echo a | tr a b`.text());" },
  "a time zone and a locale": {
    source:
      'export default () => [new Date(0).toString(), Intl.DateTimeFormat().resolvedOptions().locale, (1234.5).toLocaleString("de-DE")];',
  },
  // What errors look like. The handler's caller is another one: its frames are the last.
  "an error's stack": {
    source: lines(
      "interface Two { a: number;",
      "  b: string }",
      "function thrower(): never {",
      "  throw new RangeError('as asked', { cause: new Error('why') });",
      "}",
      "export default () => { try { thrower(); } catch (e) { return [(e as Error).stack, Bun.inspect(e)].map((text) => text.replaceAll(OUTER, '')); } };",
      "const OUTER = /\\n +at (async <anonymous> \\()?src\\/worker\\/handle\\/.*/g;",
    ),
  },
  "an error of many": {
    source:
      "export default () => Bun.inspect(new AggregateError([new Error('one'), new TypeError('two')], 'both')).replaceAll(/\\n\\s*at .*/g, '');",
  },
  console: {
    source:
      'import { inspect } from "node:util"; class K { a = 1; #p = 2; } export default () => [Bun.inspect({ a: [1, { b: new Map([[1, "x"]]) }], k: new K(), f() {}, d: new Date(0), s: Symbol("q") }), inspect(new Set([1, { a: { b: { c: 1 } } }])), Bun.inspect.table([{ a: 1, b: "x" }])];',
  },
};

/** What differs under pounce, and why. */
export const UNDER_POUNCE: Readonly<Record<string, string>> = {
  "process.title and argv0": "ps shows workers by the name that pounce gives them",
  "a file .env in the folder": "no file is read that env_file does not name",
  "a preload of bunfig.toml":
    "a file in a working directory is not to run code that app does not name",
  "what a child finds":
    "BUN_BE_BUN: has the executable be Bun; it is seen by children, not by the app",
  "require.cache": "modules of pounce are in it too",
  "the process as a thread finds it":
    "process.execArgv has an option that pounce was compiled with",
  "process.execPath in a thread":
    "a thread finds pounce's own path; workerData can pass the main one's on",
};

const INSIDE = "modules are inside the executable, each in a chunk with a name of its own";
const NOT_INSIDE = "only what is imported by a name that stands in the source is inside";

/** What differs in an executable of `pounce build`, besides. */
export const BUILT: Readonly<Record<string, string>> = {
  "dynamic import of a name that is made up": NOT_INSIDE,
  "require.resolve and import.meta.resolve": NOT_INSIDE,
  createRequire: NOT_INSIDE,
  "import of SQLite": 'a database is inside where the import says so: with { embed: "true" }',
  "a syntax error": NOT_INSIDE,
  "import.meta": INSIDE,
  "a module that is not there": INSIDE,
  "a package that is not there": INSIDE,
  "process.argv and Bun.argv": INSIDE,
  "Bun.main": INSIDE,
  "an error's stack": "files are named as they were seen from the folder that it was built in",
};
