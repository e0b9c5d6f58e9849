// The npm packages as archives: what is in them, and what their package.json promises.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import own from "../../package.json";
import { npmPackages } from "../../scripts/package/npm.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { schemaText } from "../../src/config/schema/json-schema.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "pounce-npm-"));
afterAll(() => rmSync(work, { recursive: true }));

const executable = join(work, "executable");
writeFileSync(executable, "the executable");
const built = TARGETS.map((target) => ({ target, executable }));
const files = await npmPackages({ root, version: own.version, built, seconds: 1_700_000_000 });

async function unpacked(path: string): Promise<Map<string, string>> {
  const content = files.find((file) => file.path === path)?.content ?? new Uint8Array();
  const entries = await new Bun.Archive(new Uint8Array(content)).files();
  const texts = [...entries].map(async ([name, entry]) => [name, await entry.text()] as const);
  return new Map(await Promise.all(texts));
}

const archive = (name: string): string => `npm/${name}-${own.version}.tgz`;
/** As `tar` lists the mode of a file. */
function modeOf(line: string): string {
  return line.endsWith("/bin/pounce") ? "-rwxr-xr-x" : "-rw-r--r--";
}

const main = await unpacked(archive("pounce"));
const manifest = JSON.parse(main.get("package/package.json") ?? "");

test("there is one for each target, and then the one that names them", () => {
  expect(files.map(({ path }) => path)).toEqual([
    ...TARGETS.map(({ name }) => archive(`pounce-${name}`)),
    archive("pounce"),
  ]);
});

test("the same files give the same bytes", async () => {
  const again = await npmPackages({ root, version: own.version, built, seconds: 1_700_000_000 });
  const sums = (of: typeof files) => of.map(({ content }) => Bun.hash(content));
  expect(sums(again)).toEqual(sums(files));
});

test("what is executed may be, and nothing else", () => {
  for (const { path, content } of files) {
    writeFileSync(join(work, "a.tgz"), content);
    const listing = Bun.spawnSync(["tar", "-tvzf", join(work, "a.tgz")]).stdout.toString();
    const entries = listing.split("\n").filter((line) => line.startsWith("-"));
    expect(entries.length).toBeGreaterThan(2);
    expect([path, ...entries.filter((line) => !line.startsWith(modeOf(line)))]).toEqual([path]);
  }
});

test("pounce has a launcher, types, the schema, README and LICENSE", () => {
  expect([...main.keys()].toSorted()).toEqual([
    "package/LICENSE",
    "package/README.md",
    "package/bin/pounce",
    "package/index.d.ts",
    "package/index.js",
    "package/package.json",
    "package/pounce.schema.json",
  ]);
  expect(main.get("package/bin/pounce")).not.toMatch(/VERSION|TARGETS/);
  expect(main.get("package/pounce.schema.json")).toBe(schemaText());
});

test("pounce names the packages of all targets, with this very version", () => {
  const names = TARGETS.map(({ name }) => [`@pounce/${name}`, own.version]);
  expect(manifest.optionalDependencies).toEqual(Object.fromEntries(names));
  expect(manifest).toMatchObject({ name: "pounce", version: own.version, license: own.license });
});

test("no package runs a script when it is installed: many turn that off", async () => {
  for (const { path } of files) {
    const json = JSON.parse((await unpacked(path)).get("package/package.json") ?? "");
    expect(json).not.toHaveProperty("scripts");
  }
});

test("each file that package.json names is there", () => {
  const text = JSON.stringify([manifest.bin, manifest.main, manifest.types, manifest.exports]);
  const named = [...text.matchAll(/"(?:\.\/)?([\w/.-]+\/?[\w.-]+)"[,}\]]/g)].map(([, it]) => it);
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((it) => !main.has(`package/${it}`))).toEqual([]);
});

describe.each([
  ["linux-x64", { os: ["linux"], cpu: ["x64"], libc: ["glibc"] }],
  ["linux-arm64-musl", { os: ["linux"], cpu: ["arm64"], libc: ["musl"] }],
  ["darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
])("%s", (name, platform) => {
  test("is installed on its platform alone", async () => {
    const package_ = await unpacked(archive(`pounce-${name}`));
    const json = JSON.parse(package_.get("package/package.json") ?? "");
    expect(json).toMatchObject({ name: `@pounce/${name}`, version: own.version, ...platform });
    expect("libc" in json).toBe("libc" in platform);
    expect(package_.get("package/bin/pounce")).toBe("the executable");
  });
});

test("its module is empty, so that an import of it does not fail", async () => {
  writeFileSync(join(work, "index.js"), main.get("package/index.js") ?? "");
  writeFileSync(join(work, "package.json"), JSON.stringify(manifest));
  const imported: unknown = await import(join(work, "index.js"));
  expect(Object.keys(imported as object).filter((it) => it !== "default")).toEqual([]);
});
