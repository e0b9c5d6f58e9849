// The references in the manual, made from the schema of the configuration and the descriptions of
// the commands: `bun scripts/reference.ts` writes each between the two marks of its chapter. A test
// fails when a chapter is behind.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commandReference } from "./reference/commands.ts";
import { keyReference } from "./reference/keys.ts";

const BEGIN = "<!-- reference: written by scripts/reference.ts -->";
const END = "<!-- end of the reference -->";

/** The text of each reference, by the chapter that has it. */
export const REFERENCES: Readonly<Record<string, () => string | Promise<string>>> = {
  configuration: keyReference,
  commands: commandReference,
};

export function chapterFile(name: string): string {
  return fileURLToPath(new URL(`../src/manual/${name}.md`, import.meta.url));
}

/** The chapter with the reference in its place. Throws if it does not have both marks. */
export function withReference(chapter: string, reference: string): string {
  const [begin, end] = [chapter.indexOf(BEGIN), chapter.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("the chapter has no place for the reference");
  return `${chapter.slice(0, begin + BEGIN.length)}\n\n${reference}\n\n${chapter.slice(end)}`;
}

if (import.meta.main) {
  for (const [name, makeText] of Object.entries(REFERENCES)) {
    const file = chapterFile(name);
    writeFileSync(file, withReference(readFileSync(file, "utf8"), await makeText()));
  }
}
