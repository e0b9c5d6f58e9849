// `pounce help`: all commands and chapters of the manual, or one of them.
import { suggest } from "../../config/sources/nearest.ts";
import { showValue } from "../../config/schema/setting.ts";
import { CHAPTERS } from "../../manual/chapters.ts";
import { chapterText } from "../../manual/print-chapter.ts";
import { type Command, makeCommand } from "../command.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { renderHelp } from "../help.ts";
import { overviewText } from "../overview.ts";
import { print } from "../print.ts";
import { withProgramName } from "../program.ts";
import { offeredCommands } from "../registry.ts";

const TOPICS = [...offeredCommands(), ...CHAPTERS].map(({ name }) => name);

export const helpCommand: Command = makeCommand({
  name: "help",
  does: ["Explains a command, or prints a chapter of the manual; alone, lists both."],
  operand: {
    placeholder: "TOPIC",
    expected: "a command or a chapter of the manual",
    offered: TOPICS,
    isRequired: false,
  },
  examples: ["pounce help reload", "pounce help configuration"],
  async run({ operand }) {
    const text = operand === undefined ? contents() : await textOf(operand);
    if (text !== undefined) {
      await print(text);
      return EXIT_CODE.ok;
    }
    const remedy = suggest(String(operand), "one", TOPICS);
    const near = remedy.startsWith("did you mean") ? ` (${remedy})` : "";
    const all = `one of ${TOPICS.join(", ")}`;
    process.stderr.write(
      `pounce help: ${showValue(operand)} is neither a command nor a chapter${near}: ${all}\n`,
    );
    return EXIT_CODE.usage;
  },
});

/** All that `pounce help` explains. */
function contents(): string {
  const width = Math.max(...CHAPTERS.map(({ name }) => name.length));
  const rows = CHAPTERS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `${overviewText()}\nThe manual, of which pounce help TOPIC prints a chapter:\n\n${rows.join("")}`;
}

async function textOf(name: string): Promise<string | undefined> {
  const chapter = CHAPTERS.find((it) => it.name === name);
  if (chapter !== undefined) {
    const colours = process.stdout.isTTY && !process.env["NO_COLOR"];
    return withProgramName(chapterText(chapter.text, { colours }));
  }
  const entry = offeredCommands().find((it) => it.name === name);
  return entry === undefined ? undefined : renderHelp((await entry.load()).help);
}
