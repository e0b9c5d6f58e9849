// The root filesystem of the image: what pounce needs to run, and no other program.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { certificateBundle, type UnpackedPackage } from "./debian.ts";
import type { Platform } from "./platforms.ts";
import { type Entry, file, folder } from "../archive.ts";

/** What the executable is linked with, and what the C library loads to look up names. */
const LIBRARIES = [
  "libc.so.6",
  "libdl.so.2",
  "libm.so.6",
  "libnss_dns.so.2",
  "libnss_files.so.2",
  "libpthread.so.0",
  "libresolv.so.2",
];

const NOBODY_IN_PARTICULAR = 65532;

const TEXTS: Readonly<Record<string, string>> = {
  "etc/group": `root:x:0:\nnonroot:x:${NOBODY_IN_PARTICULAR}:\n`,
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n",
  "etc/passwd": [
    "root:x:0:0:root:/:/sbin/nologin",
    `nonroot:x:${NOBODY_IN_PARTICULAR}:${NOBODY_IN_PARTICULAR}:nonroot:/:/sbin/nologin`,
    "",
  ].join("\n"),
};

/** Everything below the executable, which changes with Debian alone. */
export function baseEntries(platform: Platform, packages: readonly UnpackedPackage[]): Entry[] {
  const find = (name: string): UnpackedPackage => {
    const found = packages.find((it) => it.name === name);
    if (found === undefined) throw new Error(`no package ${name}`);
    return found;
  };
  const library = filesByName(find("libc6").folder);
  const read = (name: string): Uint8Array => {
    const path = library.get(name);
    if (path === undefined) throw new Error(`libc6 for ${platform.name} has no ${name}`);
    return readFileSync(path);
  };
  return [
    ...["app", "dev", "proc", "run", "sys"].map((name) => folder(name)),
    folder("tmp", 0o1777),
    ...Object.entries(TEXTS).map(([path, text]) => file(path, text)),
    file("etc/os-release", readFileSync(join(find("base-files").folder, "usr/lib/os-release"))),
    file("etc/ssl/certs/ca-certificates.crt", certificateBundle(find("ca-certificates").folder)),
    file(platform.loader, read(basename(platform.loader)), 0o755),
    ...LIBRARIES.map((name) => file(`lib/${platform.triplet}/${name}`, read(name))),
    ...packages.flatMap((it) => aboutPackage(it)),
  ];
}

/** The executable alone, in a layer of its own. */
export function pounceEntries(executable: string, license: string): Entry[] {
  return [
    file("usr/local/bin/pounce", readFileSync(executable), 0o755),
    file("usr/share/doc/pounce/copyright", readFileSync(license)),
  ];
}

/** Its license, and its name and version where scanners look for them. */
function aboutPackage({ name, control, folder: from }: UnpackedPackage): Entry[] {
  const copyright = join("usr/share/doc", name, "copyright");
  const status = control.replace(/^Package: .*$/m, "$&\nStatus: install ok installed");
  return [
    file(copyright, readFileSync(join(from, copyright))),
    file(`var/lib/dpkg/status.d/${name}`, status),
  ];
}

/** Regular files and links to such, by name: Debian has moved libraries between folders before. */
function filesByName(from: string): Map<string, string> {
  const paths = readdirSync(from, { recursive: true }).map((path) => join(from, String(path)));
  const files = paths.filter(
    (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
  );
  return new Map(files.map((path) => [basename(path), path]));
}
