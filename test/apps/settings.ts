// Apps with a tsconfig.json of their own, each of which answers with what its settings have made of
// its code.

export interface Setting {
  /** tsconfig.json; undefined: there is none. */
  readonly tsconfig?: string;
  readonly files: Readonly<Record<string, string>>;
  /** The app; `app.tsx` when not given. */
  readonly app?: string;
  /** What it prints is compared too. */
  readonly prints?: boolean;
  /** Links by name. */
  readonly links?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Why `pounce build` makes another thing of it. */
  readonly built?: string;
}

const options = (compilerOptions: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ compilerOptions });

/** A package with the runtimes of JSX, each of which says what it was called for. */
function jsxPackage(name: string): Record<string, string> {
  const runtime = (kind: string): string =>
    `export const jsx = (type) => "${kind} of ${name}: " + type; export const jsxs = jsx, jsxDEV = jsx, Fragment = "fragment";`;
  const folder = `node_modules/${name}`;
  return {
    [`${folder}/package.json`]: JSON.stringify({ name, version: "1.0.0", type: "module" }),
    [`${folder}/jsx-runtime.js`]: runtime("jsx-runtime"),
    [`${folder}/jsx-dev-runtime.js`]: runtime("jsx-dev-runtime"),
    [`${folder}/index.js`]: `export default { createElement: (type) => "createElement of ${name}: " + type, Fragment: "fragment" };`,
  };
}

const JSX = `
import React from "react";
const h = (type: string) => "h: " + type;
const F = "my fragment";
const made = [<p>a</p>, <></>].map(String);
export default { fetch: () => Response.json([made, typeof React, typeof h, F]) };
`;

const CLASSES = `
const seen: unknown[] = [];
(Reflect as any).metadata = (key: string, value: any) => {
  seen.push([key, Array.isArray(value) ? value.map((it) => it.name) : value.name]);
  return () => undefined;
};
function d(...args: unknown[]): any { seen.push(args.length); }
interface Two { a: string;
  b: string }
class Dep {}
class Base { constructor() { (this as any).field = 1; } }
class Sub extends Base { field: any; }
@d class A {
  constructor(@d readonly dep?: Dep) {}
  // What follows stands in a line of its own.
  @d m(two: Two, dep: Dep): string { throw new Error("as asked"); }
}
function failure(): string {
  try { return new A().m({ a: "", b: "" }, new Dep()); } catch (error) {
    return Bun.inspect(error) + (error as Error).stack;
  }
}
const text = JSON.stringify([seen, new Sub().field, import.meta.file, failure()], (_, it) => it === undefined ? "undefined" : it);
export default { fetch: () => new Response(text) };
`;

const SEEN = `
const seen = ((globalThis as any).seen ??= []) as number[];
const d = (...args: unknown[]): any => void seen.push(args.length);
`;

const standard = CLASSES.replace("@d readonly dep", "readonly dep");
const jsx = { ...jsxPackage("react"), ...jsxPackage("custom"), "app.tsx": JSX };

const FOR_PRODUCTION = "JSX is built for production, which runs in development too";
const LINES = "errors name files as they were seen from the folder that it was built in";

const CONSOLE = `
console.log("log", 1, { a: [1, new Map([["k", new Date(0)]])] }, "%s done %d", "x", 5);
console.error("error", new Set([1]), Symbol("s"), 10n, null, undefined, () => 1);
console.warn("%o %j %%", { a: 1 }, { b: 2 }); console.info(); console.debug("debug", [,1], new Error("shown").message);
console.table([{ a: 1, b: "x" }, { a: 2 }]); console.group("group"); console.log("inside"); console.groupEnd();
console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); console.assert(false, "asserted"); console.count(); console.count();
console.log(Buffer.from("abc"), new Uint8Array(3), class A {}, new (class B { c = 1 })(), Promise.resolve(4), new Proxy({}, {}));
console.log(new AggregateError([new TypeError("one")], "many", { cause: "why" }));
process.stdout.write("written\\n"); process.stderr.write("written too\\n");
export default { fetch: () => new Response("printed") };
`;

export const SETTINGS: Readonly<Record<string, Setting>> = {
  "no tsconfig.json": { files: jsx, built: FOR_PRODUCTION },
  "an empty one": { tsconfig: "{}", files: jsx, built: FOR_PRODUCTION },
  "jsx: react": { tsconfig: options({ jsx: "react" }), files: jsx },
  "jsxFactory and jsxFragmentFactory": {
    tsconfig: options({ jsx: "react", jsxFactory: "h", jsxFragmentFactory: "F" }),
    files: jsx,
  },
  "jsx: react-jsx": {
    tsconfig: options({ jsx: "react-jsx" }),
    files: jsx,
  },
  "jsx: react-jsxdev with jsxImportSource": {
    tsconfig: options({ jsx: "react-jsxdev", jsxImportSource: "custom" }),
    files: jsx,
    built: FOR_PRODUCTION,
  },
  "jsx: preserve": { tsconfig: options({ jsx: "preserve" }), files: jsx, built: FOR_PRODUCTION },
  "jsx: react-jsx for production": {
    tsconfig: options({ jsx: "react-jsx", jsxImportSource: "custom" }),
    files: jsx,
    env: { NODE_ENV: "production" },
  },
  "no setting for production": {
    files: jsx,
    env: { NODE_ENV: "production" },
  },
  "comments and a comma too many": {
    tsconfig: '{ // one\n"compilerOptions": { /* two */ "jsx": "react", "jsxFactory": "h", }, }',
    files: jsx,
  },
  "a chain of extends": {
    tsconfig:
      '{ "extends": "./configs/mid.json", "compilerOptions": { "jsxFragmentFactory": "F" } }',
    files: {
      ...jsx,
      "configs/mid.json": '{ "extends": "../base.json" }',
      "base.json": options({ jsx: "react", jsxFactory: "h" }),
    },
  },
  "extends of a package, and of several": {
    tsconfig: '{ "extends": ["@tsconfig/own/tsconfig.json", "./base.json"] }',
    files: {
      ...jsx,
      "node_modules/@tsconfig/own/package.json": '{ "name": "@tsconfig/own", "version": "1.0.0" }',
      "node_modules/@tsconfig/own/tsconfig.json": options({ jsx: "react" }),
      "base.json": options({ jsxFactory: "h" }),
    },
    built: FOR_PRODUCTION,
  },
  "extends of what is not there": {
    tsconfig: '{ "extends": "./no-such.json", "compilerOptions": { "jsx": "react" } }',
    files: jsx,
  },
  "one that does not parse": {
    tsconfig: '{ "compilerOptions": {',
    files: jsx,
    built: "the bundler refuses it",
  },
  "jsconfig.json": {
    files: { ...jsx, "jsconfig.json": options({ jsx: "react", jsxFactory: "h" }) },
  },
  "one in the folder above": {
    tsconfig: options({ jsx: "react", jsxFactory: "h", experimentalDecorators: true }),
    app: "src/deep/app.tsx",
    files: { ...jsxPackage("react"), "src/deep/app.tsx": JSX },
  },
  "no settings for classes": {
    tsconfig: "{}",
    app: "app.ts",
    files: { "app.ts": standard },
    built: LINES,
  },
  experimentalDecorators: {
    tsconfig: options({ experimentalDecorators: true }),
    app: "app.ts",
    files: { "app.ts": CLASSES },
    built: LINES,
  },
  "experimentalDecorators with emitDecoratorMetadata": {
    tsconfig: options({ experimentalDecorators: true, emitDecoratorMetadata: true }),
    app: "app.ts",
    files: { "app.ts": CLASSES },
    built: LINES,
  },
  "useDefineForClassFields: false": {
    tsconfig: options({ useDefineForClassFields: false }),
    app: "app.ts",
    files: { "app.ts": standard },
    built: LINES,
  },
  "all of them, by extends, in files that are imported and required": {
    tsconfig: '{ "extends": "./base.json" }',
    app: "app.ts",
    files: {
      "base.json": options({
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        useDefineForClassFields: false,
      }),
      "one.ts": CLASSES,
      "two.ts": CLASSES,
      "lib/tsconfig.json": "{}",
      "lib/three.ts": CLASSES,
      "app.ts": [
        'import one from "./one.ts"; import three from "./lib/three.ts";',
        'const two = require("./two.ts").default;',
        "const texts = () => Promise.all([one, two, three].map((it) => it.fetch().text()));",
        "export default { fetch: async () => Response.json(await texts()) };",
      ].join("\n"),
    },
    built: "for each file the nearest tsconfig.json counts, not that of the app",
  },
  "decorators in files that import and export nothing, and in texts like source maps": {
    tsconfig: options({ experimentalDecorators: true }),
    app: "app.ts",
    files: {
      "one.ts": `${SEEN} class A { @d m() {} }`,
      "two.ts": `${SEEN} class A { @d m() {} }\nexport {};`,
      "three.ts": `${SEEN} class A { @d m() {} }\nconst text = \`\n//# sourceMappingURL=data:application/json;base64,x\n\`; seen.push(text.length);\nexport type T = 1;`,
      "app.ts":
        'import "./one.ts"; import "./two.ts"; import "./three.ts"; export default { fetch: () => Response.json(Reflect.get(globalThis, "seen")) };',
    },
  },
  "decorators and JSX in one file": {
    tsconfig: options({
      experimentalDecorators: true,
      jsx: "react-jsx",
      jsxImportSource: "custom",
    }),
    files: {
      ...jsxPackage("custom"),
      "app.tsx": [
        "const d = (...args: unknown[]): any => void seen.push(args.length); const seen: unknown[] = [];",
        "class A { @d m() {} } const made = String(<p>a</p>);",
        "export default { fetch: () => Response.json([seen, made, typeof A]) };",
      ].join("\n"),
    },
  },
  "paths and baseUrl": {
    tsconfig: options({ baseUrl: ".", paths: { "@/*": ["./lib/*"] } }),
    app: "app.ts",
    files: {
      "lib/thing.ts": "export const thing = 'thing';",
      "app.ts":
        'import { thing } from "@/thing.ts"; import { thing as again } from "lib/thing"; export default { fetch: () => Response.json([thing, again]) };',
    },
  },
  "what is printed": { app: "app.ts", files: { "app.ts": CONSOLE }, prints: true },
  "an entry in CommonJS": {
    app: "app.cjs",
    files: {
      "app.cjs":
        "const show = [require.main === module, module.id, module.parent ?? null, process.mainModule === module]; module.exports = { fetch: () => Response.json(show) };",
    },
    built: "the entry is a module of the executable, and no other is the main one",
  },
  "an entry behind a link": {
    app: "link.ts",
    files: {
      "real/app.ts":
        'import { here } from "./beside.ts"; export default { fetch: () => Response.json([here, import.meta.main, import.meta.path, Bun.main, process.argv[1]]) };',
      "real/beside.ts": "export const here = true;",
    },
    links: { "link.ts": "real/app.ts" },
    built: "modules are inside the executable, each in a chunk with a name of its own",
  },
  verbatimModuleSyntax: {
    tsconfig: options({ verbatimModuleSyntax: true, experimentalDecorators: true }),
    app: "app.ts",
    files: {
      "side.ts": 'Reflect.set(globalThis, "side", "effect"); export interface Side {}',
      "app.ts":
        'import { type Side } from "./side.ts"; export default { fetch: (_: Side) => Response.json([Reflect.get(globalThis, "side") ?? "none"]) };',
    },
  },
};
