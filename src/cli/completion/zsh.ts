// Completion for zsh.
import type { CompletedCommand, CompletedFlag, Values } from "./model.ts";

/** A script that may be sourced, or put as `_pounce` into a folder of `$fpath`. */
export function zshCompletion(commands: readonly CompletedCommand[], program: string): string {
  const names = commands.map(({ name }) => name);
  const fallback = commands.find(({ isDefault }) => isDefault)?.name ?? "";
  const completer = `_${program.replaceAll(/\W/g, "_")}`;
  return `#compdef ${program}
# zsh completion of ${program}: source <(${program} completion zsh), or put this as ${completer}
# into a folder of $fpath
${completer}() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join("\n")}
  )
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe command commands
    _files
    return
  fi
  local command=${fallback}
  case $words[2] in
    ${names.join("|")})
      command=$words[2]
      shift words
      ((CURRENT--))
      ;;
  esac
  case $command in
${commands.map(argumentsCase).join("\n")}
  esac
}
if [[ $funcstack[1] == ${completer} ]]; then
  ${completer} "$@"
elif (($+functions[compdef])); then
  compdef ${completer} ${program}
fi
`;
}

function argumentsCase({ name, flags, operand }: CompletedCommand): string {
  const specs = flags.map(flagSpec);
  if (operand !== undefined) {
    specs.push(quote(`1:${operand.placeholder}:${action(operand.values)}`));
  }
  return `    ${name})
      _arguments -s \\
${specs.map((spec) => `        ${spec}`).join(" \\\n")}
      ;;`;
}

function flagSpec({ name, short, meaning, placeholder, values }: CompletedFlag): string {
  const value = values === undefined ? "" : `:${placeholder}:${action(values)}`;
  const rest = quote(`[${meaning.replaceAll(/[[\]\\]/g, "\\$&")}]${value}`);
  const long = values === undefined ? `--${name}` : `--${name}=`;
  if (short === undefined) return `${long}${rest}`;
  const brief = values === undefined ? `-${short}` : `-${short}+`;
  return `'(-${short} --${name})'{${brief},${long}}${rest}`;
}

function action(values: Values): string {
  switch (values.kind) {
    case "words":
      return `(${values.words.join(" ")})`;
    case "files":
      return "_files";
    case "unknown":
      return " ";
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
