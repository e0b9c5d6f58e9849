// What to do about the errors that people meet when they start a server: something is not
// installed, not readable, or built for another system.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ErrorParts, Position } from "./read-error.ts";

const NOT_FOUND = /^Cannot find (?:package|module) ['"](.+?)['"]([^]*)$/;
/** How `import` names the file that imports. */
const IMPORTER = /^(?: imported)? from ['"]?(.+?)['"]?$/;
/** How `require` does: first of the files that have led to it. */
const REQUIRER = /^\nRequire stack:\n- (.+)/;
const NOT_READABLE = /^(?:EACCES|AccessDenied|PermissionDenied)\b[^"']*["'](.+)["']$/;
/** Neither a path, nor an alias such as `@/a` or `#a`, nor of a scheme such as `node:a`. */
const PACKAGE_NAME = /^(?:@[a-z\d][^/:]*\/)?[a-z\d_-][^/:]*(?=\/|$)/i;

/** What to do, in a sentence; `undefined` if the error already says it. */
export function remedyOf({ message, code }: ErrorParts): string | undefined {
  const missing = notFound(message);
  if (missing !== undefined) return installRemedy(missing);
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

interface NotFound {
  /** What is imported. */
  readonly specifier: string;
  /** The file that imports it. */
  readonly importer: string;
}

function notFound(message: string): NotFound | undefined {
  const [, specifier, rest = ""] = NOT_FOUND.exec(message) ?? [];
  const importer = (IMPORTER.exec(rest) ?? REQUIRER.exec(rest))?.[1];
  return specifier === undefined || importer === undefined ? undefined : { specifier, importer };
}

function installRemedy({ specifier, importer }: NotFound): string | undefined {
  const name = PACKAGE_NAME.exec(specifier)?.[0];
  if (name === undefined) return undefined;
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
  const missing = notFound(message);
  if (missing === undefined) return undefined;
  const { specifier, importer: file } = missing;
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
    const { userInfo } = require("node:os") as typeof import("node:os");
    const { username, uid } = userInfo();
    return `user ${username} (${uid})`;
  } catch {
    return "this user"; // It has no name.
  }
}
