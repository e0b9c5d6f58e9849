// The schema of the configuration: the only home of names, defaults, ranges and descriptions. Its
// larger tables are in the files NAME-keys.ts beside it.
//
// One entry here makes a key of the file, a flag, a variable and a line of the help. A table of the
// file is `v.optional(v.strictObject({ … }), {})`, and its keys become flags such as `--log-level`.
import * as v from "valibot";
import { MAX_WORKERS } from "../../core/rules/scale.ts";
import { AFFINITIES } from "../../core/settings.ts";
import { networkList } from "./access-types.ts";
import { oneOf } from "./choice-type.ts";
import { pathList, variableName, variableTable } from "./env-types.ts";
import { key } from "./key.ts";
import { permissions, socketPath } from "./socket-types.ts";
import { onOff } from "./switch-type.ts";
import { account } from "./user-types.ts";
import {
  appReference,
  argumentList,
  duration,
  filePath,
  hostList,
  orWord,
  urlPath,
  wholeNumber,
} from "./value-types.ts";
import { HOUR_MS, untilForced } from "./units.ts";
import { TLS_KEYS, LIMITS_KEYS } from "./transport-keys.ts";
import { LOG_KEYS } from "./log-keys.ts";
import { ROLLOUT_KEYS } from "./rollout-keys.ts";
import { WEBSOCKET_KEYS } from "./websocket-keys.ts";
import { RECYCLE_KEYS, RESPAWN_KEYS, WATCHDOG_KEYS } from "./worker-keys.ts";

export const CONFIG_SCHEMA = v.strictObject({
  app: key(appReference(), {
    meaning: "module to serve, or an export of one",
    unset: "a demo",
  }),
  app_args: key(argumentList(), {
    meaning: "what the app finds in process.argv",
    unset: "nothing",
  }),
  host: key(hostList(), {
    meaning: "address or addresses to listen on",
    short: "H",
    defaultValue: "127.0.0.1",
  }),
  port: key(wholeNumber(0, 65_535), {
    meaning: "port to listen on; 0: any free one",
    short: "p",
    defaultValue: 8000,
  }),
  uds: key(socketPath(), {
    meaning: "Unix socket, instead of host and port",
  }),
  uds_permissions: key(permissions(), {
    meaning: "permissions of its file",
    defaultValue: "660",
  }),
  socket_activation: key(onOff(), {
    meaning: "take the sockets that systemd passes",
    defaultValue: false,
  }),
  affinity: key(oneOf(AFFINITIES), {
    meaning: "who serves a client: any, or one slot",
    defaultValue: "none",
  }),
  workers: key(orWord(wholeNumber(1, MAX_WORKERS), "auto"), {
    meaning: "processes; auto: one per usable CPU",
    short: "w",
    defaultValue: "auto",
  }),
  working_directory: key(filePath(), {
    meaning: "folder in which workers run",
    unset: "the file's or `.`",
  }),
  user: key(account("user"), {
    meaning: "user that workers become",
    unset: "the master's",
  }),
  group: key(account("group"), {
    meaning: "group of the workers",
    unset: "the user's",
  }),
  reload_timeout: key(untilForced, {
    meaning: "how long a worker may drain at a reload",
    defaultValue: 30,
  }),
  startup_timeout: key(untilForced, {
    meaning: "how long a worker may take to get ready",
    defaultValue: 30,
  }),
  shutdown_timeout: key(untilForced, {
    meaning: "how long a worker may drain at a stop",
    defaultValue: 30,
  }),
  // Load balancers take seconds to notice; a value above an hour was meant as milliseconds.
  shutdown_delay: key(duration({ minMs: 0, maxMs: HOUR_MS }), {
    meaning: "time of health 503 before a stop",
    defaultValue: 0,
  }),
  // Idle connections are looked for once a second; a value above an hour was meant as milliseconds.
  keep_alive_timeout: key(duration({ minMs: 1000, maxMs: HOUR_MS }), {
    meaning: "how long a connection may be idle",
    defaultValue: 10,
  }),
  // A value above a day was meant as milliseconds.
  request_timeout: key(duration({ minMs: 0, maxMs: 24 * HOUR_MS }), {
    meaning: "time until a response begins; 0: any",
    defaultValue: 0,
  }),
  health_check_path: key(urlPath(), {
    meaning: 'path that pounce answers itself, e.g. "/health"',
  }),
  h2c: key(onOff(), {
    meaning: "also serve HTTP/2, without TLS",
    defaultValue: false,
  }),
  pid_file: key(filePath(), {
    meaning: "file that holds the master's pid",
  }),
  control_socket: key(filePath(), {
    meaning: "path of the control socket",
    unset: "runtime folder",
  }),
  state_directory: key(filePath(), {
    meaning: "folder of ordered certificates",
    unset: "state folder",
  }),
  trusted_proxies: key(networkList(), {
    meaning: "peers whose X-Forwarded-* counts",
    unset: "not judged",
  }),
  request_id: key(onOff(), {
    meaning: "give each request an X-Request-ID",
    defaultValue: false,
  }),
  env_file: key(pathList(), {
    meaning: "file or files with variables for the workers",
  }),
  slot_variable: key(variableName(), {
    meaning: "variable that tells a worker its slot, from 0",
  }),
  tls: TLS_KEYS,
  metrics: v.optional(
    v.strictObject({
      port: key(wholeNumber(1, 65_535), {
        meaning: "port for metrics (also on the control socket)",
      }),
      path: key(urlPath(), {
        meaning: "path of the metrics on that port",
        defaultValue: "/metrics",
      }),
    }),
    {},
  ),
  log: LOG_KEYS,
  limits: LIMITS_KEYS,
  rollout: ROLLOUT_KEYS,
  recycle: RECYCLE_KEYS,
  respawn: RESPAWN_KEYS,
  watchdog: WATCHDOG_KEYS,
  websocket: WEBSOCKET_KEYS,
  env: key(variableTable(), {
    meaning: "environment variables for the workers",
  }),
});

/** Tables that are of no use when empty: who writes one has forgotten what it needs. */
export const NEEDED_IN: Readonly<Record<string, string>> = {
  tls: "cert and key, or acme,",
  "tls.acme": 'domains = ["www.example.com"]',
};
