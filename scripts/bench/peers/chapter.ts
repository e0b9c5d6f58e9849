// Writes what a run has found into the manual: text between two marks, and the plot beside it.
import { fileURLToPath } from "node:url";
import { chapterPart, plotOf, type Run } from "./report.ts";

const BEGIN = "<!-- measured: written by npm run bench -- peers --write -->";
const END = "<!-- end of what was measured -->";

const CHAPTER = fileURLToPath(new URL("../../../src/manual/peers.md", import.meta.url));
const PLOT = fileURLToPath(new URL("../../../src/manual/peers.svg", import.meta.url));

/** The chapter with the part in its place. Throws if it does not have both marks. */
export function withPart(chapter: string, part: string): string {
  const [begin, end] = [chapter.indexOf(BEGIN), chapter.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("the chapter has no place for what was measured");
  return `${chapter.slice(0, begin + BEGIN.length)}\n\n${part}\n\n${chapter.slice(end)}`;
}

export async function writeChapter(run: Run): Promise<void> {
  await Bun.write(CHAPTER, withPart(await Bun.file(CHAPTER).text(), chapterPart(run)));
  await Bun.write(PLOT, plotOf(run));
}
