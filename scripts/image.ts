// Makes the container image without a container engine: `bun run image`. One archive in the OCI
// layout, for linux/amd64 and linux/arm64; the same executables and Debian packages give the same
// bytes.
//   bun run image [--out dist/release] [--platform linux/amd64]… [--binary linux/amd64=PATH]…
// The executables are those of `bun run release`, where it has run, or else compiled now.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf } from "../src/errors/message-of.ts";
import { description, license, version } from "../package.json";
import { commitOf, commitSeconds } from "./build.ts";
import { unpackDebian } from "./image/debian.ts";
import { executableFor } from "./image/executables.ts";
import { addManifest, Blobs, type Descriptor, layoutOf } from "./image/oci.ts";
import { type Platform, platformsNamed } from "./image/platforms.ts";
import { baseEntries, pounceEntries } from "./image/root.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface ImageOptions {
  readonly platforms: readonly Platform[];
  /** Executables by platform; they replace those of a release. */
  readonly binaries: ReadonlyMap<string, string>;
  /** The time of everything in it, in seconds since 1970. */
  readonly seconds: number;
}

/** Makes the image. Needs apt-get, dpkg-deb and a Debian mirror. */
async function makeImage({ platforms, binaries, seconds }: ImageOptions) {
  const work = mkdtempSync(join(tmpdir(), "pounce-image-"));
  try {
    const blobs = new Blobs();
    const created = new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
    const common = {
      "org.opencontainers.image.title": "pounce",
      "org.opencontainers.image.description": description,
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": commitOf(root),
      "org.opencontainers.image.licenses": license,
      "org.opencontainers.image.created": created,
    };
    const manifests: Descriptor[] = [];
    for (const platform of platforms) {
      const own = join(work, platform.architecture);
      const packages = unpackDebian(platform.architecture, own);
      const names = packages.map((it) => `${it.name}=${it.version}`);
      const labels = { ...common, "pounce.debian-packages": names.join(" ") };
      const source = { root, version, work: own, given: binaries };
      const executable = await executableFor(platform, source);
      const base = baseEntries(platform, packages);
      const layers = [
        blobs.addLayer(base, seconds, `Debian: ${names.join(", ")}`),
        blobs.addLayer(pounceEntries(executable, join(root, "LICENSE")), seconds, "pounce"),
      ];
      manifests.push(addManifest(blobs, { platform, layers, labels }, created));
    }
    return layoutOf(blobs, manifests, { name: `pounce:${version}`, labels: common, seconds });
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: "string", default: join(root, "dist", "release") },
      platform: { type: "string", multiple: true, default: [] },
      binary: { type: "string", multiple: true, default: [] },
    },
  });
  const platforms = platformsNamed(values.platform);
  const binaries = new Map(values.binary.map((text) => pair(text)));
  platformsNamed([...binaries.keys()]);
  const seconds = commitSeconds(root);
  const { archive, digest } = await makeImage({ platforms, binaries, seconds });
  const path = join(resolve(values.out), `pounce-${version}-image.tar`);
  mkdirSync(resolve(values.out), { recursive: true });
  writeFileSync(path, archive);
  console.log(`${digest}  ${relative(process.cwd(), path)}`);
}

function pair(text: string): [platform: string, path: string] {
  const at = text.indexOf("=");
  if (at < 0) throw new Error(`--binary ${text}: expected PLATFORM=PATH`);
  return [text.slice(0, at), text.slice(at + 1)];
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(`image: ${messageOf(error)}`);
    process.exit(1);
  }
}
