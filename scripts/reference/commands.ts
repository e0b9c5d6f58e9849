// The commands with their flags, from their descriptions.
import { CONTROL_ARGS } from "../../src/cli/control.ts";
import { allCommands, type Arg, type Command, flagsOf } from "../../src/cli/define.ts";
import { usageLine, writtenFlag } from "../../src/cli/help.ts";
import { ROOT } from "../../src/cli/root.ts";
import { FLAG_KEYS } from "../../src/config/schema/keys.ts";
import { wrapped } from "./list.ts";

const KEYS = new Set(FLAG_KEYS.map(({ flag }) => flag));

/** What many commands share is described once, and only named in each of them. */
const NAMING = "the flags that name a server";
const CONFIGURING = "a flag for each key: [configuration](configuration.md)";

/** All commands, each with what it does and its flags. */
export async function commandReference(): Promise<string> {
  const commands = await allCommands(ROOT);
  const naming = flagsOf({ args: CONTROL_ARGS }).map(entry);
  const head = "### The flags that name a server";
  return [head, naming.join("\n"), ...commands.map(section)].join("\n\n");
}

function section(command: Command): string {
  const flags = flagsOf(command).filter(([name]) => name !== "help");
  const names = new Set(flags.map(([name]) => name));
  const isForServer = names.has("control-socket") && !names.has("workers");
  const isConfiguring = names.has("workers");
  const own = flags.filter(
    ([name]) => !(isForServer && name in CONTROL_ARGS) && !(isConfiguring && KEYS.has(name)),
  );
  const items = [
    ...own.map(entry),
    ...(isForServer ? [`- ${NAMING}`] : []),
    ...(isConfiguring ? [`- ${CONFIGURING}`] : []),
  ];
  const head = `### ${usageLine(command, ROOT)}\n\n${wrapped(command.meta.help.join(" "))}`;
  return items.length === 0 ? head : `${head}\n\n${items.join("\n")}`;
}

function entry([name, flag]: readonly [string, Arg]): string {
  const { alias, description = "", unset, default: value } = flag;
  const long = `\`${writtenFlag(name, flag)}\``;
  const names = alias === undefined ? long : `${long}, \`-${alias}\``;
  const fallback = unset ?? (value === undefined ? undefined : `\`${value}\``);
  return wrapped(
    `- ${names}: ${description}${fallback === undefined ? "" : `; default: ${fallback}`}`,
    2,
  );
}
