// Who has the rights to what is in the package, in Debian's format: pounce, and inside its
// executable Bun and the npm packages that a build has bundled.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bundledPackages } from "../../release/sbom.ts";

const FORMAT = "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/";

/** What Debian calls the licences that package.json files name. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  MIT: "Expat",
  "BSD-3-Clause": "BSD-3-clause",
  // Whichever of the two one wants.
  "(BSD-3-Clause OR GPL-2.0)": "BSD-3-clause",
  "0BSD": "0BSD",
  "Apache-2.0": "Apache-2.0",
};

/** A text that each Debian system has. */
const APACHE = [
  "On Debian systems, the full text of the Apache License, version 2.0, is in",
  "/usr/share/common-licenses/Apache-2.0.",
].join("\n");

const BUN = [
  "Files: bun",
  "Copyright: Oven and the contributors of Bun",
  "License: Expat and LGPL-2+",
  "Comment: The runtime that the executable is made from. Bun itself is under the",
  " Expat licence. It is linked statically with JavaScriptCore and WebCore, which",
  " are under the LGPL, version 2 or later: to link it with another version of",
  " them, build Bun from https://github.com/oven-sh/bun with that, and pounce with",
  " that Bun. Bun's LICENSE.md names the other libraries inside it, among them",
  " BoringSSL, ICU, SQLite, mimalloc, uSockets, brotli, zlib, zstd and simdutf, and",
  " their licences.",
].join("\n");

const LGPL = [
  "License: LGPL-2+",
  " On Debian systems, the full text of the GNU Library General Public License",
  " version 2 is in /usr/share/common-licenses/LGPL-2.",
].join("\n");

/**
 * The text. The texts of the licences are those that the packages themselves have.
 * @param maps a folder with the source maps of a build
 */
export function copyright(root: string, maps: string): string {
  const own = readFileSync(join(root, "LICENSE"), "utf8");
  const packages = bundledPackages(maps).map((name) => licensedPackage(root, name));
  // The first is a text of that licence alone; one of two licences has both.
  const licenses = new Map<string, string>();
  for (const { license, terms } of packages.toReversed()) licenses.set(license, terms);
  licenses.set("Expat", termsOf(own));
  if (licenses.has("Apache-2.0")) licenses.set("Apache-2.0", APACHE);
  return [
    `Format: ${FORMAT}\nUpstream-Name: pounce`,
    `Files: *\nCopyright: ${holdersOf(own)}\nLicense: Expat`,
    ...packages.map(
      ({ name, holders, license }) =>
        `Files: node_modules/${name}/*\nCopyright: ${holders}\nLicense: ${license}\n` +
        "Comment: bundled into the executable",
    ),
    BUN,
    ...[...licenses].map(([name, terms]) => `License: ${name}\n${indented(terms)}`),
    LGPL,
    "",
  ].join("\n\n");
}

interface Licensed {
  readonly name: string;
  readonly holders: string;
  /** Debian's name for it. */
  readonly license: string;
  readonly terms: string;
}

/** Throws where a package has no licence, or one that is not known here. */
function licensedPackage(root: string, name: string): Licensed {
  const folder = join(root, "node_modules", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const license = SHORT_NAMES[manifest.license];
  const files = readdirSync(folder);
  // Some have it in their README only.
  const file =
    files.find((it) => /^copyright/i.test(it)) ??
    files.find((it) => /^licen[cs]e/i.test(it)) ??
    files.find((it) => /^readme/i.test(it));
  if (license === undefined || file === undefined) {
    throw new Error(`${name}: ${manifest.license}: add it to copyright.ts, with its text`);
  }
  const text = readFileSync(join(folder, file), "utf8");
  return { name, holders: holdersOf(text), license, terms: termsOf(text) };
}

/** The line with the year and the names. */
function holdersOf(license: string): string {
  const line = /^[ #]*Copyright (?:\(c\)|©|(?=\d)) *(.+?)(?:,? All rights reserved\.?)?\s*$/im;
  const found = line.exec(license)?.[1];
  if (found === undefined) {
    throw new Error(`no word of whose copyright it is: ${license.slice(0, 200)}`);
  }
  return found.trim();
}

/** The text below the names. */
function termsOf(license: string): string {
  const line = /^[ #]*Copyright .*$/im.exec(license);
  return license.slice((line?.index ?? 0) + (line?.[0].length ?? 0)).trim();
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => (line.trim() === "" ? " ." : ` ${line.trimEnd()}`))
    .join("\n");
}
