// The command that starts a server, as the shell is given it.

/** What makes more of it than one program with its arguments. */
const JOINS = /[;&|<>()`\n]/;
/** Words of the shell, which are no programs. */
const OF_SHELL =
  /^(exec|exit|cd|export|set|unset|eval|source|command|trap|ulimit|umask|if|for|while|until|case)\b/;
/** Variables that are set, and `.`, `!`, `:`, `{`, but not `./start.sh`. */
const NO_NAME = /^(\w+=|[!:{]|\.\s)/;

/**
 * The same command, in the place of the shell if it is a single program: then `PID` is that
 * program's id, which the reload command signals, and not the shell's.
 */
export function inPlaceOfShell(command: string): string {
  const text = command.trim();
  const isMore = [JOINS, OF_SHELL, NO_NAME].some((pattern) => pattern.test(text));
  return isMore ? command : `exec ${text}`;
}
