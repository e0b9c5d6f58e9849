// What to do about the errors that people meet when they start a server: something is not
// installed, not readable, or built for another system.
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { ErrorParts, Position } from "./read-error.ts";

const NOT_FOUND = /^Cannot find (package|module) ['"](.+?)['"](?: imported)? from ['"]?(.+?)['"]?$/;
const NOT_READABLE = /^(?:EACCES|AccessDenied|PermissionDenied)\b[^"']*["'](.+)["']$/;
const PACKAGE_NAME = /^(?:@[^/]+\/)?[^/]+/;

/** What to do, in a sentence; `undefined` if the error already says it. */
export function remedyOf({ message, code }: ErrorParts): string | undefined {
  const [, kind, specifier = "", importer = ""] = NOT_FOUND.exec(message) ?? [];
  if (kind === "package") return installRemedy(specifier, importer);
  const unreadable = NOT_READABLE.exec(message)?.[1];
  if (unreadable !== undefined) {
    return (
      `${userName()} may not read ${unreadable}, or may not enter a folder ` +
      "above it: chmod or chown it"
    );
  }
  if (code === "ERR_DLOPEN_FAILED") {
    return (
      "a native module fits one system and one version of Node's interface: install it on this " +
      "machine (remove node_modules, then `npm install` or `bun install`)"
    );
  }
  return undefined;
}

function installRemedy(specifier: string, importer: string): string | undefined {
  const name = PACKAGE_NAME.exec(specifier)?.[0] ?? specifier;
  const start = dirname(importer);
  const found = nearestManifest(start);
  if (found === undefined) return `run \`npm install ${name}\` or \`bun add ${name}\` in ${start}`;
  return found.text.includes(`"${name}"`)
    ? `it is in package.json but not installed: run \`npm install\` or ` +
        `\`bun install\` in ${found.folder}`
    : `run \`npm install ${name}\` or \`bun add ${name}\` in ${found.folder}`;
}

function nearestManifest(start: string): { folder: string; text: string } | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const text = textOf(join(folder, "package.json"));
    if (text !== undefined) return { folder, text };
    if (folder === dirname(folder)) return undefined;
  }
}

const QUOTES = ['"', "'", "`"];

/** Where a quoted text is, or starts a path; -1: nowhere. */
function quotedAt(line: string, text: string, quote: string): number {
  const whole = line.indexOf(`${quote}${text}${quote}`);
  return whole >= 0 ? whole : line.indexOf(`${quote}${text}/`);
}

/** Where a file imports what was not found: the resolver does not say. */
export function importPosition({ message }: ErrorParts): Position | undefined {
  const [, , specifier = "", file = ""] = NOT_FOUND.exec(message) ?? [];
  if (specifier === "") return undefined;
  const lines = (textOf(file) ?? "").split(/\r?\n/);
  for (const [index, lineText] of lines.entries()) {
    const at = QUOTES.map((quote) => quotedAt(lineText, specifier, quote)).find((it) => it >= 0);
    if (at !== undefined) return { file, line: index + 1, column: at + 1, lineText };
  }
  return undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function userName(): string {
  try {
    const { username, uid } = userInfo();
    return `user ${username} (${uid})`;
  } catch {
    return "this user"; // It has no name.
  }
}
