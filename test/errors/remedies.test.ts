// What to do about imports that fail, told with the error.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError } from "../../src/errors/describe-error.ts";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "pounce-remedies-")));
afterAll(() => rmSync(dir, { recursive: true }));

/** What importing a file of this text tells. */
async function told(name: string, text: string): Promise<string> {
  const file = join(dir, name);
  writeFileSync(file, text);
  const error: unknown = await import(file).then(
    () => "it was imported",
    (thrown: unknown) => thrown,
  );
  return describeError(error);
}

describe("what cannot be imported is told with the place and what to do:", () => {
  const missing = 'const a = 1;\nimport b from "left-pad-zzz/deep";\nexport default b + a;';

  test("a package that nobody asks for", async () => {
    const text = await told("unasked.ts", missing);
    expect(text).toMatch(/^error: Cannot find package 'left-pad-zzz/);
    expect(text).toContain(`at ${dir}/unasked.ts:2:15`);
    expect(text).toContain(
      `what to do: run \`npm install left-pad-zzz\` or \`bun add left-pad-zzz\` in ${dir}`,
    );
  });

  test("a package that package.json has", async () => {
    writeFileSync(join(dir, "package.json"), '{"dependencies":{"left-pad-zzz":"1"}}');
    const text = await told("asked.ts", missing);
    expect(text).toContain(
      `it is in package.json but not installed: run \`npm install\` or \`bun install\` in ${dir}`,
    );
  });

  test("a package that is required", async () => {
    const app = "const a = 1;\nmodule.exports = require('right-pad-zzz/deep') + a;\n";
    const text = await told("required.cjs", app);
    expect(text).toContain(`at ${dir}/required.cjs:2:26`);
    expect(text).toMatch(/2 \| module\.exports = require\('right-pad-zzz\/deep'\) \+ a;\n +\^/);
    expect(text).toContain("what to do: run `npm install right-pad-zzz` or");
  });

  test("what an installed module requires, at the module", async () => {
    writeFileSync(join(dir, "inner.cjs"), "require('inner-zzz');\n");
    const text = await told("outer.cjs", "\nrequire('./inner.cjs');\n");
    expect(text).toContain(`at ${dir}/inner.cjs:1:9`);
  });

  test.each([
    ["an alias", "@/cats/service"],
    ["an alias of its own package", "#cats"],
    ["a file", "./cats.ts"],
    ["a whole path", "/srv/cats.ts"],
  ])("%s, which is no package: only the place", async (what, specifier) => {
    const name = `${what.replaceAll(" ", "-")}.ts`;
    const text = await told(name, `import a from "${specifier}";\nexport default a;`);
    expect(text).toContain(`at ${dir}/${name}:1:15`);
    expect(text).not.toContain("what to do");
  });

  test("a file that is not there", async () => {
    const text = await told("file.ts", 'import a from "./not-there.ts";\nexport default a;');
    expect(text).toContain(`at ${dir}/file.ts:1:15`);
  });

  test("a syntax error, in a module that is imported", async () => {
    writeFileSync(join(dir, "bad.ts"), "export const a = 1;\nexport const b = ;\n");
    const text = await told("imports.ts", 'import { b } from "./bad.ts";\nexport default b;');
    expect(text).toContain(`at ${dir}/bad.ts:2:18`);
    expect(text).toMatch(/2 \| export const b = ;\n +\^/);
  });

  test("a native module that is none for this system", async () => {
    writeFileSync(join(dir, "x.node"), "no library");
    const text = await told("native.ts", 'export default require("./x.node");');
    expect(text).toContain("what to do: a native module fits one system");
  });
});
