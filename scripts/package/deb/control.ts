// What dpkg is told about the package: deb-control(5), the checksums of its files, which of them
// belong to the administrator, and the scripts that it runs.
import { readFileSync } from "node:fs";
import { description } from "../../../package.json";
import { type Entry, file } from "../../archive.ts";

/** Who made the package. There is no address to write to yet. */
export const MAINTAINER = "The pounce authors <maintainers@pounce.invalid>";

/**
 * memfd_create came with version 2.27 of the C library, and nothing that pounce calls is newer.
 *
 * The user is made by systemd-sysusers; its small package comes first, which is enough where
 * nothing of systemd is installed, as in a container.
 */
const DEPENDS = "libc6 (>= 2.27), systemd-standalone-sysusers | systemd | systemd-sysusers";

/** Below this folder are the files that the administrator edits, and dpkg keeps. */
const CONFIGURATION = "etc/";

interface About {
  readonly architecture: string;
  readonly version: string;
  readonly files: readonly Entry[];
}

/** The files of control.tar. */
export function controlFiles(about: About): Entry[] {
  const { files } = about;
  const paths = files.map(({ path }) => path).toSorted();
  const owned = paths.filter((path) => path.startsWith(CONFIGURATION));
  const sums = files.map(({ path, content }) => `${md5(content)}  ${path}\n`);
  return [
    file("control", controlText(about)),
    file("conffiles", owned.map((path) => `/${path}\n`).join("")),
    file("md5sums", sums.toSorted(byPath).join("")),
    script("postinst"),
    script("prerm"),
    script("postrm"),
  ];
}

/**
 * The version in Debian's order: what comes before a release sorts before it.
 * @param version as in package.json: `1.2.0`, `1.2.0-rc.1`
 */
export function debianVersion(version: string): string {
  return version.replace("-", "~");
}

function controlText({ architecture, version, files }: About): string {
  const fields = {
    Package: "pounce",
    Version: debianVersion(version),
    Architecture: architecture,
    Maintainer: MAINTAINER,
    "Installed-Size": String(installedKiB(files)),
    Depends: DEPENDS,
    Section: "httpd",
    Priority: "optional",
    Description: `application server for TypeScript and JavaScript\n${indented()}`,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

function indented(): string {
  const lines = Bun.wrapAnsi(description, 78).split("\n");
  return [
    ...lines,
    ".",
    "The package starts it as a service, with a demo on http://127.0.0.1:8000 until",
    "/etc/pounce/pounce.toml names an app. When the package is upgraded, the running",
    "server hands over to the new version and loses no request.",
  ]
    .map((line) => ` ${line}`)
    .join("\n");
}

/** As dpkg-gencontrol counts: each file in whole units, and one for each folder. */
function installedKiB(files: readonly Entry[]): number {
  const folders = new Set(
    files.flatMap(({ path }) => {
      const parts = path.split("/");
      return parts.map((_, length) => parts.slice(0, length).join("/"));
    }),
  );
  const sizes = files.map(({ content }) => Math.ceil((content?.length ?? 0) / 1024));
  return folders.size + sizes.reduce((sum, size) => sum + size, 0);
}

function md5(content: Uint8Array | undefined): string {
  return new Bun.CryptoHasher("md5").update(content ?? "").digest("hex");
}

function byPath(a: string, b: string): number {
  return a.slice(34) < b.slice(34) ? -1 : 1;
}

function script(name: string): Entry {
  return file(name, readFileSync(new URL(`${name}.sh`, import.meta.url)), 0o755);
}
