// A first word that is neither a command nor a module: a command that was mistyped, or one of another
// server's.
import { suggest } from "../config/nearest.ts";
import { showValue } from "../config/setting.ts";

/** What other servers call something, and what it is here. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  start: '"pounce serve" serves in the foreground; whatever starts services keeps it running',
  run: '"pounce serve" serves in the foreground; whatever starts services keeps it running',
  restart:
    '"pounce reload" swaps in new code and configuration, and loses no request; ' +
    "USR2 to the master also starts the pounce that is on the disk now",
  up: '"pounce serve" serves in the foreground; whatever starts services keeps it running',
  down: '"pounce stop" stops gracefully',
  deploy: '"pounce reload" swaps in new code and configuration, and loses no request',
  rollback: 'put the former version in its place, then "pounce reload"',
  upgrade: "USR2 to the master starts the pounce that is on the disk now, and hands over to it",
  kill: '"pounce stop" stops gracefully; QUIT to the master stops at once',
  quit: '"pounce stop" stops gracefully; QUIT to the master stops at once',
  list: '"pounce ls" lists the servers that run',
  ps: '"pounce ls" lists the servers that run',
  top: '"pounce status" shows what a server is doing',
  info: '"pounce status" shows what a server is doing',
  log: '"pounce logs" tells where the log goes',
  test: '"pounce check" checks configuration, app and kernel',
  validate: '"pounce check" checks configuration, app and kernel',
  config: '"pounce check --print" prints the configuration as it is in effect',
  workers: '"pounce scale N" sets their number, "pounce status" shows them',
  metrics: "they are at metrics.port, and on the control socket",
  dev: '"pounce serve" serves; HUP reloads',
  new: '"pounce init" writes a starting point',
};

/** Whether it is a command elsewhere. */
export function isWrongWord(word: string): boolean {
  return Object.hasOwn(OTHER_WORDS, word);
}

/** The error for such a word, on one line; undefined when it may be an app. */
export function mistypedCommand(
  word: string,
  commands: readonly string[],
  folder: string,
): string | undefined {
  if (!/^[a-z]+$/i.test(word)) return undefined;
  const isElsewhere = isWrongWord(word);
  const remedy = suggest(word, "command", [...commands, "--help", "--version"]);
  if (!isElsewhere && !remedy.startsWith("did you mean")) return undefined;
  if (isModule(word, folder)) return undefined;
  const hint = isElsewhere ? OTHER_WORDS[word] : remedy;
  return `${showValue(word)}: no such command, and no such module (${hint})`;
}

function isModule(word: string, folder: string): boolean {
  try {
    Bun.resolveSync(`./${word}`, folder);
    return true;
  } catch {
    return false;
  }
}
