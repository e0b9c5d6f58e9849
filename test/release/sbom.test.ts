// The list of what is inside the executables: made of what was bundled, and whole as CycloneDX
// wants it.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledPackages, sbom } from "../../scripts/release/sbom.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import manifest from "../../package.json";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The source maps of the executable lie beside it. */
const maps = join(root, "dist");
const text = sbom({
  root,
  maps,
  targets: TARGETS,
  bunVersion: Bun.version,
  seconds: 1_700_000_000,
});
const document = JSON.parse(text);

const manifestOf = (name: string) => require(join(root, "node_modules", name, "package.json"));

test("it has what CycloneDX 1.6 requires of a document and of each component", () => {
  expect(document).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
  expect(document.metadata.timestamp).toBe("2023-11-14T22:13:20.000Z");
  const types = ["application", "framework", "library"];
  const all = [
    document.metadata.component,
    ...document.components,
    ...document.components[0].components,
  ];
  for (const component of all) {
    expect(types).toContain(component.type);
    expect(component.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(component.purl).toBe(
      `pkg:npm/${component.name.replace("@", "%40")}@${component.version}`,
    );
    expect(component["bom-ref"]).toBe(component.purl);
    for (const { alg, content } of component.hashes ?? []) {
      expect(alg).toBe("SHA-512");
      expect(content).toMatch(/^[0-9a-f]{128}$/);
    }
  }
  const references = all.map((component) => component["bom-ref"]);
  expect(new Set(references).size).toBe(references.length);
  for (const { ref, dependsOn } of document.dependencies) {
    for (const name of [ref, ...dependsOn]) expect(references).toContain(name);
  }
});

test("it names Bun with its version, and the packages whose code is inside, with their licences", () => {
  const [bun, ...packages] = document.components;
  expect(bun).toMatchObject({
    name: "bun",
    version: Bun.version,
    licenses: [{ license: { id: "MIT" } }],
  });
  expect(bun.components.map(({ name }: { name: string }) => name)).toEqual(
    TARGETS.map(({ base }) => base),
  );
  const names: string[] = packages.map(({ name }: { name: string }) => name);
  expect(names).toEqual(bundledPackages(maps));
  expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
  const needed = new Set(names.flatMap((name) => Object.keys(manifestOf(name).dependencies ?? {})));
  for (const name of Object.keys(manifest.devDependencies)) {
    if (!needed.has(name)) expect(names).not.toContain(name);
  }
  for (const { name, version, licenses } of packages) {
    const own = manifestOf(name);
    expect({ version, licenses }).toEqual({
      version: own.version,
      licenses: [{ license: { id: own.license } }],
    });
  }
});
