// A first word that is neither a command nor a module: a mistyped command, or a command of another
// server; and flags of other servers.
import { suggest } from "../config/sources/nearest.ts";
import { showValue } from "../config/schema/setting.ts";
import { withProgramName } from "./program.ts";

const FOREGROUND =
  '"pounce serve" serves in the foreground; ' +
  '"pounce init systemd" writes a unit that keeps it running';

const WATCH = '"pounce dev" reloads at each change of a file that the app was loaded from';
const PROVE = '"pounce prove" loads a server while it reloads it, and says what was lost';

const BACK = '"pounce rollback" goes back to the version in standby, or ends a canary';
const CANARY = "a canary, and how long it lasts, is set in [rollout], for all reloads";

const MANUAL = '"pounce help" lists the chapters of the manual, which it prints';

/** What other servers call something, and what to use here. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  start: FOREGROUND,
  run: FOREGROUND,
  restart:
    '"pounce reload" swaps in new code and configuration without losing a request; ' +
    "USR2 to the master also starts the pounce that is now on disk",
  up: FOREGROUND,
  down: '"pounce stop" stops gracefully',
  deploy: '"pounce reload" swaps in new code and configuration without losing a request',
  promote:
    "a canary or a bake ends by itself; to skip it, set canary = 0 and bake = 0, then reload",
  canary: CANARY,
  abort: BACK,
  undo: BACK,
  revert: BACK,
  history: '"pounce status --json" has the receipts of the last 20 reloads',
  upgrade: "USR2 to the master starts the pounce that is now on disk and hands over to it",
  kill: '"pounce stop" stops gracefully; QUIT to the master stops at once',
  delete: '"pounce stop" stops gracefully',
  quit: '"pounce stop" stops gracefully; QUIT to the master stops at once',
  list: '"pounce ls" lists the running servers',
  ps: '"pounce ls" lists the running servers',
  top: '"pounce status" shows what a server is doing',
  monit: '"pounce status" shows what a server is doing',
  show: '"pounce status" shows what a server is doing',
  describe: '"pounce status" shows what a server is doing',
  info: '"pounce status" shows what a server is doing',
  log: '"pounce logs" shows where the log goes',
  startup: '"pounce init systemd" writes a unit that starts it with the machine',
  save: '"pounce init systemd" writes a unit that starts it with the machine',
  enable: '"pounce init systemd" writes a unit that starts it with the machine',
  test: '"pounce check" checks configuration, app and kernel',
  validate: '"pounce check" checks configuration, app and kernel',
  config: '"pounce check --print" prints the configuration as it is in effect',
  workers: '"pounce scale N" sets their number, "pounce status" shows them',
  metrics: "they are at metrics.port, and on the control socket",
  watch: WATCH,
  bench: PROVE,
  load: PROVE,
  new: '"pounce init" writes a starting point',
  man: MANUAL,
  manual: MANUAL,
  docs: MANUAL,
};

/** Flags of other servers that pounce has no equivalent for. */
const OTHER_FLAGS: Readonly<Record<string, string>> = {
  "-f": '"pounce logs" prints the command that follows the log; a configuration file is -c',
  "--follow": '"pounce logs" prints the command that follows the log',
  "-d": FOREGROUND,
  "--daemon": FOREGROUND,
  "-i": "processes are -w, --workers",
  "-t": '"pounce check" checks configuration, app and kernel',
  "-b": "the address is -H, --host and -p, --port",
  "-V": "the version is -v, --version",
  "--watch": WATCH,
  "--reload": WATCH,
};

/** Flags that somebody may expect of a command for a running server, and what there is. */
const FLAGS_OF_CONTROL: Readonly<Record<string, string>> = {
  "--to": "there is one version to go back to: the one in standby, see pounce status",
  "--force": "nothing is to be forced: what drains has until reload_timeout",
  "--canary": CANARY,
  "--bake": CANARY.replace("canary", "bake"),
  "--timeout": "how long it may take is set by startup_timeout, reload_timeout and [rollout]",
};

/** The same for a flag of a command that asks a running server. */
export function controlFlagElsewhere(flag: string): string | undefined {
  return Object.hasOwn(FLAGS_OF_CONTROL, flag) ? FLAGS_OF_CONTROL[flag] : undefined;
}

/** What to write instead of a flag of another server; undefined: no such flag is known. */
export function flagElsewhere(flag: string): string | undefined {
  const words = Object.hasOwn(OTHER_FLAGS, flag) ? OTHER_FLAGS[flag] : undefined;
  return words === undefined ? undefined : withProgramName(words);
}

/** Whether another server has such a command. */
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
  return withProgramName(`${showValue(word)}: no such command, and no such module (${hint})`);
}

function isModule(word: string, folder: string): boolean {
  try {
    Bun.resolveSync(`./${word}`, folder);
    return true;
  } catch {
    return false;
  }
}
