// What `pounce help` explains beside commands.
import { EXIT_CODE } from "../exit-codes.ts";
import { KEYS } from "../config/schema/keys.ts";
import { unsetText } from "./program.ts";

export interface Topic {
  readonly name: string;
  readonly text: () => string;
}

export const TOPICS: readonly Topic[] = [
  { name: "configuration", text: configuration },
  { name: "signals", text: signals },
  { name: "exit-codes", text: exitCodes },
  { name: "servers", text: servers },
];

function configuration(): string {
  const keys = KEYS.map((key) => {
    const { name, isTable, meaning, expected, defaultValue } = key;
    const fallback =
      defaultValue === undefined ? (unsetText(key) ?? "none") : JSON.stringify(defaultValue);
    const shown = isTable === true ? `${name}.NAME` : name;
    return `  ${shown}  [${fallback}]  ${meaning}\n      ${expected}`;
  });
  return lines(
    "Keys of pounce.toml, each with its default, what it means, and what may be its value.",
    "A key in a table is written [log] level or log.level; as a flag it is --log-level, as a",
    "variable POUNCE_LOG_LEVEL. Flags win over POUNCE_*, then come PORT, the file, the defaults.",
    "",
    'A value may name the environment: "${DATABASE_HOST}", "${PORT:-8000}"; "$${" is a plain "${".',
    "",
    ...keys,
  );
}

function signals(): string {
  return lines(
    "Signals to the master, whose pid `pounce ls` shows:",
    "",
    "  HUP         reload: new code and configuration, no request is lost",
    "  TERM        stop: health is 503 for shutdown_delay, then all is served to its end",
    "  INT         stop without the delay, and without waiting for idle connections;",
    "              a second one stops at once",
    "  QUIT        stop at once",
    "  USR1        open log.file and the access log again, after they were moved",
    "  USR2        start the pounce that is on the disk now, and hand over to it",
    "  TTIN, TTOU  one worker more, one fewer, until the next reload",
    "",
    "Every other command of pounce ends at once on HUP, INT and TERM.",
  );
}

function exitCodes(): string {
  const { ok, failed, usage, address, notRunning } = EXIT_CODE;
  return lines(
    `  ${ok}  done: for serve, a graceful stop`,
    `  ${failed}  not done: the app failed to load or crashed too often at start; the reload was`,
    "     rejected; the server did not answer within 5 s",
    `  ${usage}  wrong usage, or a configuration that is not valid`,
    `  ${address}  serve: the address is in use or not permitted`,
    `  ${notRunning}  no running server was found, or it went away`,
    "  129, 130, 143  ended by HUP, INT, TERM (all commands but serve)",
    "",
    'With --json an error is {"error":{"code":…,"message":…}} on stdout.',
  );
}

function servers(): string {
  return lines(
    "How a command finds the running server that it is for:",
    "",
    "  --config PATH          the file that it was started with, even if it is broken or gone",
    "  --control-socket PATH  its control socket",
    "  --port N, --host HOST  where it listens",
    "  nothing                the only one that runs",
    "",
    "Where two of these do not name the same server, nothing is done.",
    "POUNCE_CONTROL_SOCKET, POUNCE_PORT and POUNCE_HOST count when no flag is given.",
  );
}

function lines(...texts: readonly string[]): string {
  return `${texts.join("\n")}\n`;
}
