// Completion for fish.
import type { CompletedCommand, CompletedFlag, Values } from "./model.ts";

/** A script to be sourced, or put as pounce.fish into ~/.config/fish/completions. */
export function fishCompletion(commands: readonly CompletedCommand[], program: string): string {
  const lines = commands.flatMap((command) => [
    `complete -c ${program} -n __fish_use_subcommand -a ${command.name} -d ` +
      `${quote(command.summary)}`,
    ...linesOf(command, program, `-n ${quote(condition(command, commands))}`),
  ]);
  return [
    `# fish completion of ${program}: ${program} completion fish | source`,
    `complete -c ${program} -e`,
    ...lines,
    "",
  ].join("\n");
}

/** When a command's flags may come. Those of the default command also come when none is named. */
function condition(
  { name, isDefault }: CompletedCommand,
  all: readonly CompletedCommand[],
): string {
  const others = all.filter((other) => other.name !== name).map((other) => other.name);
  return isDefault
    ? `not __fish_seen_subcommand_from ${others.join(" ")}`
    : `__fish_seen_subcommand_from ${name}`;
}

function linesOf(
  { flags, operand, isDefault }: CompletedCommand,
  program: string,
  when: string,
): string[] {
  const lines = flags.map((flag) => flagLine(flag, program, when));
  if (operand?.values.kind === "words") {
    lines.push(`complete -c ${program} ${when} -f -a ${quote(operand.values.words.join(" "))}`);
  } else if (operand?.values.kind !== "files" && !isDefault) {
    lines.push(`complete -c ${program} ${when} -f`);
  }
  return lines;
}

function flagLine(
  { name, short, meaning, values }: CompletedFlag,
  program: string,
  when: string,
): string {
  const letter = short === undefined ? "" : ` -s ${short}`;
  return `complete -c ${program} ${when}${letter} -l ${name}${takes(values)} -d ${quote(meaning)}`;
}

function takes(values: Values | undefined): string {
  switch (values?.kind) {
    case "words":
      return ` -x -a ${quote(values.words.join(" "))}`;
    case "files":
      return " -r -F";
    case "unknown":
      return " -x";
    case undefined:
      return "";
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
