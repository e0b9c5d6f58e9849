// The reference in the manual's chapter on configuration, made from the schema:
// `bun scripts/reference.ts` writes it between its two marks. A test fails when the chapter is
// behind.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Key, KEYS } from "../src/config/schema/keys.ts";

const CHAPTER = fileURLToPath(new URL("../src/manual/configuration.md", import.meta.url));
const BEGIN = "<!-- reference: made from the schema by scripts/reference.ts -->";
const END = "<!-- end of the reference -->";
const COLUMNS = 80;

/** The chapter says once, above the reference, how a duration is written. */
const DURATION_FORMS = / \(seconds, or a string.*\)$/;

function entry(key: Key): string {
  const { name, flag, short, expected, meaning, defaultValue, unset } = key;
  // A table of the user's own names has no flag, and what is said is about each of its keys.
  const flags = short === undefined ? `\`--${flag}\`` : `\`--${flag}\`, \`-${short}\``;
  const names = key.isTable === true ? `\`${name}.NAME\`` : `\`${name}\` (${flags})`;
  const fallback = defaultValue === undefined ? unset : `\`${JSON.stringify(defaultValue)}\``;
  const value = expected.replace(DURATION_FORMS, "");
  const sentences = [meaning, value, ...(fallback === undefined ? [] : [`default: ${fallback}`])];
  return `- ${names}:\n${paragraph(sentences.map(sentence).join(" "))}`;
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

/** In lines of an item of a list. */
function paragraph(text: string): string {
  return `  ${Bun.wrapAnsi(text, COLUMNS - 2).replaceAll("\n", "\n  ")}`;
}

/** All keys, each with its flag, meaning, values and default. */
export function reference(): string {
  return `\n${KEYS.map(entry).join("\n")}\n`;
}

/** The chapter with the reference in its place. Throws when it has not got both marks. */
export function withReference(chapter: string): string {
  const [begin, end] = [chapter.indexOf(BEGIN), chapter.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${CHAPTER} has no place for the reference`);
  return `${chapter.slice(0, begin + BEGIN.length)}\n${reference()}\n${chapter.slice(end)}`;
}

if (import.meta.main) writeFileSync(CHAPTER, withReference(readFileSync(CHAPTER, "utf8")));
