// The configuration reference of the README, made from the schema: `bun scripts/reference.ts`
// writes it between its two marks. A test fails when the README is behind.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Key, KEYS } from "../src/config/schema/keys.ts";

const README = fileURLToPath(new URL("../README.md", import.meta.url));
const BEGIN = "<!-- reference: made from the schema by scripts/reference.ts -->";
const END = "<!-- end of the reference -->";

function row(key: Key): string {
  const { flag, short, expected, meaning, defaultValue, unset } = key;
  // A table of the user's own names has no flag, and what is said is about each of its keys.
  if (key.isTable === true) return `| \`${key.name}.…\` | – | ${expected} | – | ${meaning} |`;
  const flags = short === undefined ? `\`--${flag}\`` : `\`--${flag}\`, \`-${short}\``;
  const fallback =
    defaultValue === undefined ? (unset ?? "–") : `\`${JSON.stringify(defaultValue)}\``;
  return `| \`${key.name}\` | ${flags} | ${expected} | ${fallback} | ${meaning} |`;
}

/** The table of all keys. */
export function reference(): string {
  const head = "| key | flag | value | default | meaning |\n|---|---|---|---|---|";
  return [head, ...KEYS.map(row)].join("\n");
}

/** The README with the reference that belongs into it. Throws when it has not got both marks. */
export function withReference(readme: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("README.md has no place for the reference");
  return `${readme.slice(0, begin + BEGIN.length)}\n${reference()}\n${readme.slice(end)}`;
}

if (import.meta.main) writeFileSync(README, withReference(readFileSync(README, "utf8")));
