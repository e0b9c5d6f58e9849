// What all commands for a running server share: how the server is named and asked, and how its
// answer is reported.
import type { ParsedArgs } from "citty";
import { ask, type Reply, SILENCE_MS } from "../admin/client.ts";
import type { Running } from "../admin/registry.ts";
import { logicalCwd } from "../os/paths.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import type { Args, Outcome } from "./define.ts";
import { type Failure, usage } from "./failure.ts";
import { findServer, type Found } from "./find-server.ts";
import { CONFIG_ARG, namingArg } from "./key-args.ts";
import { printJson } from "./print.ts";
import { report } from "./report.ts";

export const JSON_ARG = {
  json: { type: "boolean", description: "print JSON, for programs" },
} as const satisfies Args;

/** The flags by which a server is named, and `--json`. */
export const CONTROL_ARGS = {
  config: { ...CONFIG_ARG, description: "the configuration file of the server" },
  host: namingArg("host", "an address that it listens on"),
  port: namingArg("port", "the port that it listens on"),
  uds: namingArg("uds", "the Unix socket that it listens on"),
  "control-socket": namingArg("control_socket", "the control socket of the server"),
  ...JSON_ARG,
} as const satisfies Args;

type ControlArgs = ParsedArgs<typeof CONTROL_ARGS>;
type Body = Record<string, unknown>;

/** Printed below the flags of each command. */
export const CONTROL_NOTES: readonly string[] = [
  "Without a flag: the server of this folder's pounce.toml; without such a file,",
  "the only running server. `pounce ls` lists all.",
  "",
];

/** The server that the flags of a command name. */
export function namedServer(args: ControlArgs): Promise<Found> {
  return findServer(args, process.env, logicalCwd(process.env["PWD"]));
}

/** An answer, or why there is none. */
type Asked =
  | { readonly ok: true; readonly status: number; readonly body: Body; readonly server: Running }
  | { readonly ok: false; readonly failure: Failure };

const HANDOVER_MS = 5000;
const POLL_MS = 50;

/**
 * Asks the server that the flags name. If it is being handed over to another process, asks again:
 * that process has the server in a moment.
 * @param onTaken is called with its control socket when it has taken an order that takes time
 */
export async function askServer(
  args: ControlArgs,
  method: "GET" | "POST",
  url: string,
  onTaken?: (path: string) => void,
) {
  let untilMs: number | undefined;
  for (;;) {
    const found = await namedServer(args);
    if (!found.ok) return found;
    const asked = await askFound(found.server, method, url, onTaken);
    const isHandedOver = asked.ok && asked.body["handed_over"] === true;
    // A drain may have lasted a while before the handover.
    untilMs ??= performance.now() + HANDOVER_MS;
    if (!isHandedOver || performance.now() > untilMs) return asked;
    await Bun.sleep(POLL_MS);
  }
}

async function askFound(
  server: Running,
  method: "GET" | "POST",
  url: string,
  onTaken?: (path: string) => void,
): Promise<Asked> {
  // Servers before 0.2 give no sign of life while they work on an order.
  const isOld = server.card.config === undefined;
  const reply = await ask(server.path, method, url, isOld ? Infinity : SILENCE_MS, () => {
    onTaken?.(server.path);
  });
  if (reply.kind === "answer") return { ok: true, ...reply, server };
  return { ok: false, failure: lost(reply, server.path) };
}

function lost(reply: Exclude<Reply, { kind: "answer" }>, path: string): Failure {
  if (reply.kind === "silent") {
    const message = `The server at ${path} has not answered for ${SILENCE_MS / 1000} s`;
    return { code: "no-answer", message };
  }
  return { code: "gone", message: `The server went away: ${path}` };
}

/** Asks the server, and reports its answer: in full to a program, in one line to a person. */
export async function tellAnswer(
  args: ControlArgs,
  method: "GET" | "POST",
  url: string,
  lineOf: (body: Body) => string,
): Promise<Outcome> {
  const asked = await askServer(args, method, url);
  if (!asked.ok) return asked.failure;
  if (asked.status !== 200) return refusalOf(asked);
  return tellResult(args, asked.body, lineOf(asked.body));
}

/** Why the server refused. */
export function refusalOf({ status, body }: Extract<Asked, { ok: true }>): Failure {
  const message = String(body["reason"]);
  return status === 400 ? usage(message) : { code: "refused", message };
}

/** Reports a result: `result` to a program, `line` to a person. */
export async function tellResult(
  { json }: ParsedArgs<typeof JSON_ARG>,
  result: unknown,
  line: string,
): Promise<Outcome> {
  if (json) await printJson(result);
  else report.success(line);
  return EXIT_CODE.ok;
}
