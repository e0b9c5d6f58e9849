// The list of what is inside the executables: Bun, and each npm package whose code was bundled,
// with versions and licences. CycloneDX 1.6 in JSON. The source maps show what was bundled.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lockedPackage, type Target } from "./targets.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly description?: string;
}

interface Hash {
  readonly alg: string;
  readonly content: string;
}

interface SbomInput {
  readonly root: string;
  /** A folder with the source maps of a build. */
  readonly maps: string;
  readonly targets: readonly Target[];
  readonly bunVersion: string;
  /** When the commit was made, in seconds since 1970. */
  readonly seconds: number;
}

/** The packages whose code is in a build, by name. */
export function bundledPackages(maps: string): string[] {
  const names = new Set<string>();
  for (const file of readdirSync(maps).filter((name) => name.endsWith(".map"))) {
    const { sources } = JSON.parse(readFileSync(join(maps, file), "utf8"));
    for (const source of sources as readonly string[]) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  return [...names].toSorted();
}

/** The document. The same commit gives the same text. */
export function sbom({ root, maps, targets, bunVersion, seconds }: SbomInput): string {
  const own = manifestOf(root);
  const lock = readFileSync(join(root, "bun.lock"), "utf8");
  const packages = bundledPackages(maps).map((name) => {
    const manifest = manifestOf(join(root, "node_modules", name));
    const { version, integrity } = lockedPackage(lock, name);
    if (version !== manifest.version) throw new Error(`${name}: not the version of bun.lock`);
    return component(manifest, "library", [sha512(integrity)]);
  });
  const bases = targets.map(({ base, name }) => {
    const { version, integrity } = lockedPackage(lock, base);
    const purl = packageUrl(base, version);
    const description = `Bun's executable for ${name}`;
    return {
      type: "application",
      "bom-ref": purl,
      name: base,
      version,
      description,
      hashes: [sha512(integrity)],
      purl,
    };
  });
  const runtime = { name: "bun", version: bunVersion, license: "MIT" };
  const bun = {
    ...component({ ...runtime, description: BUN_DESCRIPTION }, "framework"),
    components: bases,
  };
  const pounce = component(own, "application");
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { timestamp: new Date(seconds * 1000).toISOString(), component: pounce },
    components: [bun, ...packages],
    dependencies: [
      {
        ref: pounce["bom-ref"],
        dependsOn: [bun["bom-ref"], ...packages.map((it) => it["bom-ref"])],
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const BUN_DESCRIPTION =
  "The runtime that the executables are made from; it links JavaScriptCore (LGPL-2) statically";

function manifestOf(folder: string): Manifest {
  const path = join(folder, "package.json");
  if (!existsSync(path)) throw new Error(`${path} does not exist`);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  if (typeof manifest.license !== "string") throw new Error(`${path}: no license`);
  return manifest;
}

function component(manifest: Manifest, type: string, hashes?: readonly Hash[]) {
  const { name, version, license, description } = manifest;
  const purl = packageUrl(name, version);
  const licenses = [{ license: { id: license } }];
  return { type, "bom-ref": purl, name, version, description, hashes, licenses, purl };
}

function packageUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** `sha512-` and base64, as a lock file has it, in hexadecimal digits. */
function sha512(integrity: string): Hash {
  const content = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return { alg: "SHA-512", content };
}
