// The Debian packages: dist/pounce_VERSION_amd64.deb and …_arm64.deb. They are written by our own
// code, so that no machine needs dpkg for it, and the same commit gives the same bytes.
//
// Compressed by gzip. xz makes 42 MB of the 55, but takes 55 s for each package instead of 4, a
// program that not every machine has, and 3 times as long to unpack. Debian 11 reads no zstd.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { version } from "../../package.json";
import { ar } from "../ar.ts";
import { type Entry, tarGz } from "../archive.ts";
import { controlFiles, debianVersion } from "./deb/control.ts";
import { dataFiles } from "./deb/data.ts";
import type { Ingredients, PackageFile } from "./package.ts";

/** The architectures by the names of our targets. Debian has the C library of GNU. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  "linux-x64": "amd64",
  "linux-arm64": "arm64",
};

/** A package for each target that Debian has an architecture for. */
export async function debPackages({ root, built, seconds }: Ingredients): Promise<PackageFile[]> {
  const packages: PackageFile[] = [];
  for (const { target, executable } of built) {
    const architecture = ARCHITECTURES[target.name];
    if (architecture === undefined) continue;
    const files = await dataFiles({
      root,
      seconds,
      executable: readFileSync(executable),
      maps: dirname(executable),
    });
    const content = debPackage({ architecture, version, seconds, files });
    packages.push({ path: `pounce_${debianVersion(version)}_${architecture}.deb`, content });
  }
  return packages;
}

interface Contents {
  readonly architecture: string;
  /** As package.json has it. */
  readonly version: string;
  /** The time of every file, in seconds since 1970. */
  readonly seconds: number;
  /** What is installed. */
  readonly files: readonly Entry[];
}

/** A package as dpkg reads it: what it is and its scripts, and its files. */
export function debPackage({ files, seconds, ...about }: Contents): Uint8Array {
  const control = controlFiles({ ...about, files });
  const members = [
    { name: "debian-binary", content: Buffer.from("2.0\n") },
    { name: "control.tar.gz", content: archive(control, seconds) },
    { name: "data.tar.gz", content: archive(files, seconds) },
  ];
  return ar(members, seconds);
}

/** Every path begins with "./", as in all packages of Debian. */
function archive(files: readonly Entry[], seconds: number): Uint8Array {
  const entries = files.map((entry) => ({ ...entry, path: `./${entry.path}` }));
  return tarGz(entries, seconds);
}
