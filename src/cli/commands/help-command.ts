// `pounce help`: the commands, one of them, or a topic.
import { suggest } from "../../config/sources/nearest.ts";
import { showValue } from "../../config/schema/setting.ts";
import { type Command, makeCommand } from "../command.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { renderHelp } from "../help.ts";
import { overviewText } from "../overview.ts";
import { print } from "../print.ts";
import { withProgramName } from "../program.ts";
import { offeredCommands } from "../registry.ts";
import { TOPICS } from "../topics.ts";

const TOPIC_NAMES = TOPICS.map(({ name }) => name);

export const helpCommand: Command = makeCommand({
  name: "help",
  does: ["Explains a command or a topic; without one, lists the commands."],
  operand: {
    placeholder: "TOPIC",
    expected: "a command or a topic",
    offered: [...offeredCommands().map(({ name }) => name), ...TOPIC_NAMES],
    isRequired: false,
  },
  notes: [`Topics: ${TOPIC_NAMES.join(", ")}.`, ""],
  examples: ["pounce help reload", "pounce help signals"],
  async run({ operand }) {
    const text = operand === undefined ? overviewText() : await textOf(operand);
    if (text !== undefined) {
      await print(text);
      return EXIT_CODE.ok;
    }
    const commands = offeredCommands().map(({ name }) => name);
    const remedy = suggest(String(operand), "one", [...commands, ...TOPIC_NAMES]);
    const near = remedy.startsWith("did you mean") ? ` (${remedy})` : "";
    const all = `topics are ${TOPIC_NAMES.join(", ")}; commands are ${commands.join(", ")}`;
    const what = `${showValue(operand)} is neither a topic nor a command${near}`;
    process.stderr.write(`pounce help: ${what}: ${all}\n`);
    return EXIT_CODE.usage;
  },
});

async function textOf(name: string): Promise<string | undefined> {
  const topic = TOPICS.find((it) => it.name === name);
  if (topic !== undefined) return withProgramName(topic.text());
  const entry = offeredCommands().find((it) => it.name === name);
  return entry === undefined ? undefined : renderHelp((await entry.load()).help);
}
