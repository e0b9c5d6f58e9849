// `pounce help`: all commands and chapters of the manual, or one of them.
import { showValue } from "../../config/schema/setting.ts";
import { suggest } from "../../config/sources/nearest.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { CHAPTERS } from "../../manual/chapters.ts";
import { chapterText } from "../chapter.ts";
import { defineCommand, type Root } from "../define.ts";
import { usage } from "../failure.ts";
import { helpText } from "../help.ts";
import { overviewText } from "../overview.ts";
import { print } from "../print.ts";
import { programName } from "../program.ts";
import { hasColours, STDOUT } from "../report.ts";

const CHAPTER_NAMES = CHAPTERS.map(({ name }) => name);

export const helpCommand = defineCommand({
  meta: {
    name: "help",
    description: "explain a command, or print a chapter of the manual",
    help: ["Explains a command, or prints a chapter of the manual; alone, lists both."],
    examples: ["pounce help reload", "pounce help configuration"],
  },
  args: {
    topic: {
      type: "positional",
      valueHint: "TOPIC",
      expected: "a command or a chapter of the manual",
      offersCommands: true,
      offered: CHAPTER_NAMES,
      required: false,
    },
  },
  async run({ args: { topic }, data: root }) {
    const text = topic === undefined ? await contents(root) : await textOf(topic, root);
    if (text === undefined) {
      const topics = [...Object.keys(root.subCommands), ...CHAPTER_NAMES];
      const remedy = suggest(String(topic), "one", topics);
      const isNear = remedy.startsWith("did you mean");
      const hint = isNear ? remedy : `\`${programName()} help\` lists all`;
      return usage(`${showValue(topic)} is neither a command nor a chapter (${hint})`);
    }
    await print(text);
    return EXIT_CODE.ok;
  },
});

/** Everything that `pounce help` explains. */
async function contents(root: Root): Promise<string> {
  const width = Math.max(...CHAPTER_NAMES.map((name) => name.length));
  const rows = CHAPTERS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`);
  const head = "The chapters of the manual, which pounce help TOPIC prints:";
  return `${await overviewText(root)}\n${head}\n\n${rows.join("")}`;
}

async function textOf(name: string, root: Root): Promise<string | undefined> {
  // A command may be called like the word of a chapter.
  const isCommand = Object.hasOwn(root.subCommands, name);
  const chapter = CHAPTERS.find(
    (it) => it.name === name || (!isCommand && it.words?.includes(name.toLowerCase())),
  );
  if (chapter !== undefined) {
    return chapterText(chapter.text, { colours: hasColours(STDOUT), program: programName() });
  }
  const load = isCommand ? root.subCommands[name] : undefined;
  return load && helpText(await load(), root);
}
