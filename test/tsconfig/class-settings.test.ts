// Which files of an app are compiled for their classes: never too few, and not many too many.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppSource } from "../../src/ipc/messages.ts";
import { classSettings, needsCompiling } from "../../src/tsconfig/class-settings.ts";
import { startFolder } from "../../src/tsconfig/start-folder.ts";

let dir: string;
beforeAll(() => void (dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-tsconfig-")))));
afterAll(() => rmSync(dir, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(dir, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function appAt(module: string, more: Partial<AppSource> = {}): AppSource {
  return {
    label: module,
    isEmbedded: false,
    module,
    exportName: undefined,
    call: false,
    args: [],
    base: dir,
    file: undefined,
    ...more,
  };
}

describe("a tsconfig.json asks for", () => {
  const nothing = { decorators: false, undefinedFields: false, plainJsx: false };
  test.each([
    ["nothing", "{}", nothing],
    ["nothing where it is off", '{ "experimentalDecorators": false }', nothing],
    ["decorators", '{ "experimentalDecorators" :\n true }', { ...nothing, decorators: true }],
    [
      "decorators by their metadata",
      '{ "emitDecoratorMetadata": true }',
      { ...nothing, decorators: true },
    ],
    ["fields", '{ "useDefineForClassFields": false }', { ...nothing, undefinedFields: true }],
    ["plain JSX", '{ "jsx": "react-jsx" }', { ...nothing, plainJsx: true }],
    ["none for production", '{ "jsx": "react-jsxdev" }', nothing],
    ["what it extends does", '{ "extends": "./base.json" }', { ...nothing, decorators: true }],
    [
      "what is nearest of JSX",
      '{ "extends": "./base.json", "jsx": "react-jsx" }',
      { ...nothing, decorators: true, plainJsx: true },
    ],
    ["nothing of what is not there", '{ "extends": "./no.json" }', nothing],
    ["no end of itself", '{ "extends": "./tsconfig.json" }', nothing],
    ["nothing of what cannot be read", '{ "extends": "." }', nothing],
  ])("%s", (_, text, expected) => {
    write("base.json", '{ "experimentalDecorators": true, "jsx": "react" }');
    expect(classSettings(write("tsconfig.json", text))).toEqual(expected);
  });
});

describe("decorators are found in", () => {
  const settings = { decorators: true, undefinedFields: false, plainJsx: false };
  test.each([
    ["@Injectable()\nclass A {}"],
    ["export default @d class A {}"],
    ["class A { m(@Inject() x: B) {} }"],
    ["/** What it is. */ @d class A {}"],
    [" */ @d class A {}"],
    ["class A {@d m() {} }"],
    ["class A {\n  a;@d b;\n}"],
    ["@(make())\nclass A {}"],
    ["class A { m(\n@ünïcode x: B) {} }"],
  ])("%j", (source) => expect(needsCompiling(source, settings)).toBe(true));

  test.each([
    ['import { a } from "@nestjs/common";'],
    ["/**\n * @param a what it is\n */"],
    ["// @ts-expect-error"],
    ['const mail = "a@example.org";'],
    ["class A { m() {} }"],
  ])("and not in %j", (source) => expect(needsCompiling(source, settings)).toBe(false));

  test("and fields in every class", () => {
    const fields = { decorators: false, undefinedFields: true, plainJsx: false };
    expect(needsCompiling("const A = class { a; };", fields)).toBe(true);
    expect(needsCompiling("const className = 1;", fields)).toBe(false);
  });
});

describe("workers are started in", () => {
  test("the folder of the nearest tsconfig.json, links of the app followed", () => {
    write("tsconfig.json", "{}");
    write("apps/one/jsconfig.json", "{}");
    write("apps/one/src/app.ts", "");
    write("apps/two/src/index.ts", "");
    symlinkSync(join(dir, "apps/one/src"), join(dir, "current"));
    expect(startFolder(appAt("./apps/one/src/app.ts"), "/run")).toBe(join(dir, "apps/one"));
    expect(startFolder(appAt("apps/one/src/app"), "/run")).toBe(join(dir, "apps/one"));
    expect(startFolder(appAt("./current/app.ts"), "/run")).toBe(join(dir, "apps/one"));
    expect(startFolder(appAt("./apps/two/src"), "/run")).toBe(dir);
    expect(startFolder(appAt("./apps/two/missing.ts"), "/run")).toBe(dir);
    const file = join(dir, "apps/one/src/app.ts");
    expect(startFolder(appAt("./elsewhere.ts", { file }), "/run")).toBe(join(dir, "apps/one"));
  });

  test("the working directory where there is none, or no file", () => {
    expect(startFolder(appAt("/proc/version"), "/run")).toBe("/run");
    expect(startFolder(appAt("", { label: undefined }), "/run")).toBe("/run");
    expect(startFolder(appAt("", { isEmbedded: true }), "/run")).toBe("/run");
  });
});
