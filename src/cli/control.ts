// What the commands that speak to a running server share: how it is named, how it is asked, and how
// they tell what came of it.
import { ask, type Reply, SILENCE_MS } from "../admin/client.ts";
import type { Running } from "../admin/registry.ts";
import { FLAG_KEYS } from "../config/schema/keys.ts";
import { logicalCwd } from "../config/sources/paths.ts";
import { printable } from "../log/printable.ts";
import type { Given } from "./command.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import { type Failure, tellFailure } from "./failure.ts";
import { findServer, type Found } from "./find-server.ts";
import type { HelpFlag } from "./help.ts";
import { print, printJson } from "./print.ts";

export const JSON_FLAG: HelpFlag = { name: "json", meaning: "print JSON, for programs" };

const MEANINGS: Readonly<Record<string, string>> = {
  control_socket: "the control socket of the server",
  host: "an address that it listens on",
  port: "the port that it listens on",
};

/** The flags by which a server is named, and `--json`. */
export const CONTROL_FLAGS: readonly HelpFlag[] = [
  {
    name: "config",
    short: "c",
    placeholder: "PATH",
    expected: "a path",
    meaning: "the configuration file of the server",
  },
  ...FLAG_KEYS.flatMap(({ name, flag, short, placeholder, expected, isList }) => {
    const meaning = MEANINGS[name];
    return meaning === undefined
      ? []
      : [{ name: flag, short, placeholder, expected, meaning, isList }];
  }),
  JSON_FLAG,
];

/** Below the flags of each. */
export const CONTROL_NOTES: readonly string[] = [
  "Without a flag: the only server that runs; `pounce ls` lists all.",
  "",
];

/** The server that the flags of a command name. */
export function namedServer({ flags }: Given): Promise<Found> {
  return findServer(flags, process.env, logicalCwd(process.env["PWD"]));
}

/** An answer, or the failure that there is none. */
export type Asked =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: Record<string, unknown>;
      readonly server: Running;
    }
  | { readonly ok: false; readonly failure: Failure };

const HANDOVER_MS = 5000;
const POLL_MS = 50;

/**
 * Asks the server that the flags name. One that is being handed over to another process is asked
 * again, as that has it in a moment.
 */
export async function askServer(given: Given, method: "GET" | "POST", url: string): Promise<Asked> {
  const untilMs = performance.now() + HANDOVER_MS;
  for (;;) {
    const found = await namedServer(given);
    if (!found.ok) return found;
    const asked = await askFound(found.server, method, url);
    const isHandedOver = asked.ok && asked.body["handed_over"] === true;
    if (!isHandedOver || performance.now() > untilMs) return asked;
    await Bun.sleep(POLL_MS);
  }
}

async function askFound(server: Running, method: "GET" | "POST", url: string): Promise<Asked> {
  // A server of before 0.2 gives no sign of life while it works on an order.
  const isOld = server.card.config === undefined;
  const reply = await ask(server.path, method, url, isOld ? Infinity : SILENCE_MS);
  if (reply.kind === "answer") return { ok: true, ...reply, server };
  return { ok: false, failure: lost(reply, server.path) };
}

function lost(reply: Exclude<Reply, { kind: "answer" }>, path: string): Failure {
  if (reply.kind === "silent") {
    const message = `No sign of life for ${SILENCE_MS / 1000} s from the server at ${path}`;
    return { code: "no-answer", exit: EXIT_CODE.failed, message };
  }
  const message = `The server went away: ${path}`;
  return { code: "gone", exit: EXIT_CODE.notRunning, message };
}

/** Tells what a command has come to. `result`: for programs; `line`: for a person. */
export async function tellResult(given: Given, result: unknown, line: string): Promise<number> {
  if (given.flags.has("json")) await printJson(result);
  else await print(`${printable(line)}\n`);
  return EXIT_CODE.ok;
}

/**
 * Tells why a command has come to nothing. Returns the exit code.
 *
 * @param command its name, where it was used in a wrong way
 */
export function tellWhyNot(given: Given, failure: Failure, command?: string): Promise<number> {
  const before = command === undefined ? "pounce" : `pounce ${command}`;
  return tellFailure(failure, given.flags.has("json"), before);
}

/** Tells why the server refused. Returns the exit code. */
export function tellRefusal(given: Given, { status, body }: Extract<Asked, { ok: true }>) {
  const exit = status === 400 ? EXIT_CODE.usage : EXIT_CODE.failed;
  return tellWhyNot(given, { code: "refused", exit, message: String(body["reason"]) });
}
