// The schema of the configuration: the only home of names, defaults, ranges and descriptions.
//
// One entry here makes a key of the file, a flag, a variable and a line of the help. A table of the
// file is `v.optional(v.strictObject({ … }), {})`, and its keys become flags such as `--log-level`.
import * as v from "valibot";
import { MAX_WORKERS } from "../../core/rules/scale.ts";
import { AFFINITIES, STRATEGIES, UNCAUGHT } from "../../core/settings.ts";
import { ACCESS_FORMATS, LOG_FORMATS, LOG_LEVELS } from "../../log/settings.ts";
import { TLS_VERSIONS } from "../../tls/served.ts";
import { accessTarget, networkList, pathPatternList } from "./access-types.ts";
import { directoryUrl, domainList, mailAddress } from "./acme-types.ts";
import { oneOf } from "./choice-type.ts";
import { pathList, variableName, variableTable } from "./env-types.ts";
import { key } from "./key.ts";
import { commandLine, errorRate, ratio, requestPathList, share } from "./rollout-types.ts";
import { permissions, socketPath } from "./socket-types.ts";
import { size, sizeOrNone } from "./size-type.ts";
import { onOff } from "./switch-type.ts";
import { account } from "./user-types.ts";
import {
  appReference,
  argumentList,
  duration,
  filePath,
  hostList,
  orWord,
  timeOrNone,
  urlPath,
  wholeNumber,
} from "./value-types.ts";

const HOUR_MS = 3_600_000;
const GIB = 1024 ** 3;
const TIB = 1024 ** 4;

/**
 * For waits that end by force. Zero is refused, since half of its readers take it for "no limit";
 * in less than 100 ms not even an idle process can start or stop. A day is longer than any drain
 * should take, and far below the 24.8 days that a timer can hold.
 */
const untilForced = duration({ minMs: 100, maxMs: 24 * HOUR_MS });

/** A trial is measured ten times or more. */
const trialTime = duration({ minMs: 1000, maxMs: 24 * HOUR_MS });

/** Waits between attempts: without any, a worker that cannot start would take up a whole CPU. */
const backoff = duration({ minMs: 10, maxMs: HOUR_MS });

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
  tls: v.optional(
    v.strictObject({
      cert: key(pathList(), {
        meaning: "file of the certificate and its chain (PEM), or several for several names",
        unset: "no TLS",
      }),
      key: key(pathList(), {
        meaning: "file of its private key (PEM), one for each certificate",
      }),
      http2: key(onOff(), {
        meaning: "offer HTTP/2 beside HTTP/1.1",
        defaultValue: true,
      }),
      min_version: key(oneOf(TLS_VERSIONS), {
        meaning: "lowest version of TLS",
        defaultValue: "1.2",
      }),
      acme: v.optional(
        v.strictObject({
          domains: key(domainList(), {
            meaning: "names to get certificates for, and to renew them, instead of cert and key",
            unset: "none",
          }),
          email: key(mailAddress(), {
            meaning: "where the CA writes to",
          }),
          directory: key(directoryUrl(), {
            meaning: "the CA: its ACME directory",
            defaultValue: "https://acme-v02.api.letsencrypt.org/directory",
          }),
          ca: key(filePath(), {
            meaning: "whom to trust as the CA's server (PEM), if it is a private one",
          }),
          http_port: key(wholeNumber(1, 65_535), {
            meaning: "port for the CA's questions (HTTP-01)",
            defaultValue: 80,
          }),
        }),
        {},
      ),
    }),
    {},
  ),
  log: v.optional(
    v.strictObject({
      level: key(oneOf(LOG_LEVELS), {
        meaning: "minimum level to log",
        defaultValue: "info",
      }),
      format: key(oneOf(LOG_FORMATS), {
        meaning: "lines for people, or one JSON object per line",
        defaultValue: "text",
      }),
      file: key(filePath(), {
        meaning: "file to log to; USR1 reopens it",
        unset: "stdout, stderr",
      }),
      access: key(accessTarget(), {
        meaning: "where to log requests",
        defaultValue: "off",
      }),
      access_format: key(oneOf(ACCESS_FORMATS), {
        meaning: "how to log a request",
        defaultValue: "common",
      }),
      access_exclude: key(pathPatternList(), {
        meaning: "paths whose requests are not logged",
        unset: "none",
      }),
      capture: key(onOff(), {
        meaning: "also log what the workers print",
        defaultValue: false,
      }),
    }),
    {},
  ),
  limits: v.optional(
    v.strictObject({
      // Zero is refused: some would take it for no limit, and others for no bodies.
      max_request_size: key(size({ min: 1, max: TIB }), {
        meaning: "largest request body, then 413; the app's own maxRequestBodySize wins",
        defaultValue: "16MiB",
      }),
      max_connections: key(wholeNumber(0, 1_000_000), {
        meaning: "connections per worker, then 503; 0: any",
        defaultValue: 0,
      }),
      min_upload_rate: key(size({ min: 0, max: GIB }), {
        meaning: "least bytes per second of a request body over 30s, then 408; 0: none",
        defaultValue: "1KiB",
      }),
      // Bun itself closes a connection whose first head takes 12 s.
      header_timeout: key(duration({ minMs: 1000, maxMs: 12_000 }), {
        meaning: "how long the head of each request may take, then 408",
        defaultValue: "10s",
      }),
    }),
    {},
  ),
  rollout: v.optional(
    v.strictObject({
      strategy: key(oneOf(STRATEGIES), {
        meaning:
          "how a new version takes over: beside the old one; a few workers at a time; or after " +
          "the old one has stopped",
        defaultValue: "all",
      }),
      max_surge: key(wholeNumber(1, MAX_WORKERS), {
        meaning: "rolling: how many workers there may be above the wanted number",
        defaultValue: 1,
      }),
      warmup: key(requestPathList(), {
        meaning: "paths that each new worker is asked for, before it is ready",
        unset: "none",
      }),
      verify: key(commandLine(), {
        meaning: "command, and its arguments, that says yes or no to a new version",
        unset: "none",
      }),
      canary: key(share(), {
        meaning: "share of new connections that a new version gets at first; 0: no canary",
        defaultValue: 0,
      }),
      canary_duration: key(trialTime, {
        meaning: "how long, until it gets all",
        defaultValue: "30s",
      }),
      bake: key(duration({ minMs: 0, maxMs: 24 * HOUR_MS }), {
        meaning: "how long the old version then stays loaded, to take over again; 0: not at all",
        defaultValue: 0,
      }),
      max_error_rate: key(errorRate(), {
        meaning:
          "highest share of failed requests of a new version on trial; as a text, such as " +
          '"2x": that many times the old one\'s',
        defaultValue: 0.05,
      }),
      max_latency_ratio: key(ratio(), {
        meaning: "highest p99 latency of a new version on trial, to the old one's; 0: any",
        defaultValue: 0,
      }),
      min_requests: key(wholeNumber(1, 1_000_000), {
        meaning: "requests that a new version needs before it is judged by them",
        defaultValue: 50,
      }),
      max_draining: key(wholeNumber(1, 100), {
        meaning: "old versions that may drain at once; a reload waits then",
        defaultValue: 3,
      }),
    }),
    {},
  ),
  recycle: v.optional(
    v.strictObject({
      max_requests: key(wholeNumber(0, 1_000_000_000), {
        meaning: "requests after which a worker is replaced, new before old; 0: any number",
        defaultValue: 0,
      }),
      max_requests_jitter: key(wholeNumber(0, 1_000_000_000), {
        meaning: "up to so many more requests, drawn at random for each worker",
        defaultValue: 0,
      }),
      // Not even an empty worker has less.
      max_rss: key(sizeOrNone({ min: 32 * 1024 ** 2, max: TIB }), {
        meaning: "resident memory at which a worker is replaced; 0: any",
        defaultValue: 0,
      }),
      max_lifetime: key(timeOrNone({ minMs: 1000, maxMs: 365 * 24 * HOUR_MS }), {
        meaning: "age at which a worker is replaced; 0: any",
        defaultValue: 0,
      }),
    }),
    {},
  ),
  respawn: v.optional(
    v.strictObject({
      max_crashes: key(wholeNumber(1, 1000), {
        meaning: "crashes within the window that fail a start",
        defaultValue: 5,
      }),
      window: key(untilForced, { meaning: "how long a crash counts", defaultValue: "60s" }),
      backoff_min: key(backoff, {
        meaning: "delay after the second crash; doubles each time",
        defaultValue: "500ms",
      }),
      backoff_max: key(backoff, { meaning: "maximum delay before a restart", defaultValue: "30s" }),
      uncaught: key(oneOf(UNCAUGHT), {
        meaning:
          "what an error that the app throws outside a request does: replace the worker " +
          "and drain it; end it at once; log the error",
        defaultValue: "recycle",
      }),
    }),
    {},
  ),
  watchdog: v.optional(
    v.strictObject({
      // Garbage collection, and a synchronous call that is slow, must not pass for a hang.
      hang_timeout: key(timeOrNone({ minMs: 1000, maxMs: 24 * HOUR_MS }), {
        meaning: "how long a worker may make no progress, until it is killed and replaced; 0: any",
        defaultValue: "30s",
      }),
    }),
    {},
  ),
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
  env: key(variableTable(), {
    meaning: "environment variables for the workers",
  }),
});

/** Tables that are of no use when empty: who writes one has forgotten what it needs. */
export const NEEDED_IN: Readonly<Record<string, string>> = {
  tls: "cert and key, or acme,",
  "tls.acme": 'domains = ["www.example.com"]',
};
