// The arguments of `pounce prove`.
import type { ParsedArgs } from "citty";
import { MODES } from "../../prove/load/plan.ts";
import { JSON_ARG } from "../control.ts";
import type { Arg } from "../define.ts";
import { CONFIGURATION_ARGS } from "../key-args.ts";

const PATH = {
  type: "string",
  valueHint: "PATH",
  expected: 'a path that begins with "/"',
} as const;
const COMMAND = { type: "string", valueHint: "COMMAND", expected: "a command" } as const;
const LINES = { isList: true, separator: "\n" } as const;
const NUMBER = { type: "string", valueHint: "N", expected: "a number" } as const;
const TIME = { type: "string", valueHint: "TIME", expected: "a time" } as const;

const { module, ...KEYS } = CONFIGURATION_ARGS;

/** The flags of serve, for the server that is started. */
const SERVE_ARGS = Object.fromEntries(
  Object.entries<Arg>(KEYS).map(([name, arg]) => [name, { ...arg, asIn: "serve" }]),
) as unknown as typeof KEYS;

const OWN_ARGS = {
  attach: { type: "boolean", description: "a running pounce: it gets reloads and nothing else" },
  compare: { ...COMMAND, description: "another server, which that starts on PORT" },
  reload: { ...COMMAND, description: "reloads it; has PORT and PID" },
  stop: { ...COMMAND, description: "ends what does not end with it: pm2 kill" },
  settle: { ...TIME, description: "how long its reload goes on after that", unset: "3s" },
  url: {
    type: "string",
    valueHint: "URL",
    expected: "http://HOST:PORT, https://HOST:PORT or unix:PATH",
    description: "where it is, if it runs already, or its proxy",
  },
  ca: {
    type: "string",
    valueHint: "FILE",
    expected: "a file",
    description: "whose certificates to trust, over TLS",
  },
  insecure: { type: "boolean", description: "take any certificate" },
  bad: { type: "boolean", description: "try bad versions, too, in a copy of the project" },
  path: { ...PATH, ...LINES, description: "what to ask; may be repeated", unset: "/" },
  post: { ...PATH, ...LINES, description: "what takes a POST", unset: "--path, of its own server" },
  sse: { ...PATH, description: "an event stream" },
  websocket: { ...PATH, description: "what becomes a WebSocket" },
  header: {
    type: "string",
    valueHint: "'NAME: VALUE'",
    expected: '"Name: value"',
    ...LINES,
    description: "sent with each request; may be repeated",
  },
  modes: {
    type: "string",
    valueHint: "MODES",
    expected: `some of ${Object.keys(MODES).join(", ")}`,
    isList: true,
    description: "kinds of clients: pounce help prove",
    unset: "all",
  },
  reloads: { ...NUMBER, description: "how many", unset: "10" },
  clients: { ...NUMBER, description: "clients of all modes together" },
  rate: { ...NUMBER, description: "requests a second, at most" },
  timeout: { ...TIME, description: "when an answer counts as lost", unset: "10s" },
  seed: { ...NUMBER, description: "repeats what clients choose by chance" },
  ...JSON_ARG,
} as const satisfies Record<string, Arg>;

export const PROVE_ARGS = { module, ...OWN_ARGS, ...SERVE_ARGS };

export type ProveArgs = ParsedArgs<typeof CONFIGURATION_ARGS & typeof OWN_ARGS>;
