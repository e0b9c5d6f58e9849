// Completion for bash.
import type { CompletedCommand, CompletedFlag, Values } from "./model.ts";

/** A script to be sourced. Words and names are letters, digits and dashes: none needs quotes. */
export function bashCompletion(commands: readonly CompletedCommand[], program: string): string {
  const names = commands.map(({ name }) => name);
  const fallback = commands.find(({ isDefault }) => isDefault)?.name ?? "";
  const completer = `_${program.replaceAll(/\W/g, "_")}`;
  return `# bash completion of ${program}: source <(${program} completion bash)
${completer}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  # "--flag=value" is three words to bash.
  if [[ $current == "=" ]]; then
    current=
  elif [[ $previous == "=" ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local command=${fallback} words=
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
      ${names.join(" | ")}) command=\${COMP_WORDS[1]} ;;
    esac
  fi
  COMPREPLY=()
  # Without an answer bash completes names of files; where none can follow it is told not to.
  case "$command $previous" in
${commands.flatMap(valueCases).join("\n")}
    *)
      case "$command $current" in
${commands.map(flagCase).join("\n")}
        *)
          if ((COMP_CWORD == 1)); then
            words="${names.join(" ")}"
          else
            case $command in
${commands.map(operandCase).join("\n")}
            esac
          fi
          ;;
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F ${completer} ${program}
`;
}

function valueCases({ name, flags }: CompletedCommand): string[] {
  return flags.flatMap((flag) =>
    flag.values === undefined
      ? []
      : `    ${namesOf(flag)
          .map((written) => `"${name} ${written}"`)
          .join(" | ")}) ${answer(flag.values)} ;;`,
  );
}

function flagCase({ name, flags }: CompletedCommand): string {
  return `        "${name} -"*) words="${flags.flatMap(namesOf).join(" ")}" ;;`;
}

function operandCase({ name, operand }: CompletedCommand): string {
  return `              ${name}) ${answer(operand?.values ?? { kind: "unknown" })} ;;`;
}

function namesOf({ name, short }: CompletedFlag): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function answer(values: Values): string {
  switch (values.kind) {
    case "words":
      return `words="${values.words.join(" ")}"`;
    case "files":
      return "return 0";
    case "unknown":
      return "compopt +o default 2>/dev/null; return 0";
  }
}
