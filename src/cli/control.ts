// What the commands that speak to a running server share: finding it, and telling that it is not there.
import { ask, type Reply } from "../admin/client.ts";
import { controlSocketPath } from "../admin/socket-path.ts";
import { KEYS } from "../config/keys.ts";
import { loadConfig } from "../config/load.ts";
import { logicalCwd } from "../config/paths.ts";
import type { Given } from "./command.ts";
import { EXIT_CODE } from "./exit-codes.ts";
import type { HelpFlag } from "./help.ts";

/** The flags by which a server is found: the same as it was started with. */
const FINDING = new Set(["control_socket", "host", "port"]);

export const CONTROL_FLAGS: readonly HelpFlag[] = [
  {
    name: "config",
    short: "c",
    placeholder: "PATH",
    expected: "a path",
    meaning: "the configuration file of the server",
  },
  ...KEYS.filter(({ name }) => FINDING.has(name)).map(
    ({ flag, short, placeholder, expected, meaning, isList }) => ({
      name: flag,
      short,
      placeholder,
      expected,
      meaning,
      isList,
    }),
  ),
];

export const JSON_FLAG: HelpFlag = { name: "json", meaning: "print JSON, for programs" };

/** Where the control socket of the server that the flags name is; the errors when they name none. */
export type FoundServer =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly errors: readonly string[] };

function findServer({ flags }: Given): FoundServer {
  const given: Record<string, string | readonly string[]> = {};
  for (const { name, isList } of CONTROL_FLAGS) {
    const values = flags.get(name);
    if (values !== undefined) given[name] = isList ? values : (values[0] ?? "");
  }
  const env = process.env;
  const loaded = loadConfig({ flags: given, env, cwd: logicalCwd(env["PWD"]) });
  return loaded.ok ? { ok: true, path: controlSocketPath(loaded.config) } : loaded;
}

/** An answer of the server, or the exit code when there is none, after telling why. */
export type Asked =
  Extract<Reply, { kind: "answer" }> | { readonly kind: "none"; readonly code: number };

/** Asks the server that the flags name. */
export async function askServer(given: Given, method: "GET" | "POST", url: string): Promise<Asked> {
  const found = findServer(given);
  if (!found.ok) {
    for (const error of found.errors) process.stderr.write(`pounce: ${error}\n`);
    return { kind: "none", code: EXIT_CODE.usage };
  }
  const reply = await ask(found.path, method, url);
  if (reply.kind === "answer") return reply;
  const what = reply.kind === "nobody" ? "No running server was found at" : "The server went away:";
  const why = reply.kind === "nobody" && reply.why !== undefined ? ` (${reply.why})` : "";
  process.stderr.write(`pounce: ${what} ${found.path}${why}\n`);
  return { kind: "none", code: EXIT_CODE.notRunning };
}

/** Tells why the server refused, and gives the exit code for that. */
export function refused({ status, body }: Extract<Reply, { kind: "answer" }>): number {
  process.stderr.write(`pounce: ${String(body["reason"])}\n`);
  return status === 400 ? EXIT_CODE.usage : EXIT_CODE.failed;
}
