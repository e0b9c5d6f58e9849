// The schema of the configuration: the only home of names, defaults, ranges and descriptions.
//
// One entry here makes a key of the file, a flag, a variable and a line of the help. A table of
// the file is `v.optional(v.strictObject({ … }), {})`, and its keys are flags as `--log-level` is.
import * as v from "valibot";
import { MAX_WORKERS } from "../../core/rules/scale.ts";
import { UNCAUGHT } from "../../core/settings.ts";
import { ACCESS_FORMATS, LOG_FORMATS, LOG_LEVELS } from "../../log/settings.ts";
import { accessTarget, networkList, pathPatternList } from "./access-types.ts";
import { oneOf } from "./choice-type.ts";
import { pathList, variableTable } from "./env-types.ts";
import { key } from "./key.ts";
import { onOff } from "./switch-type.ts";
import {
  appReference,
  duration,
  filePath,
  hostList,
  orWord,
  urlPath,
  wholeNumber,
} from "./value-types.ts";

export type { KeyMetadata } from "./key.ts";

const HOUR_MS = 3_600_000;

/**
 * For waits that end in force. Zero is refused, since half of its readers take it for "no limit";
 * below 100 ms not even an idle process comes or goes in time. A day is longer than any drain that
 * is meant, and far below the 24.8 days that a timer can hold.
 */
const untilForced = duration({ minMs: 100, maxMs: 24 * HOUR_MS });

/** Waits between attempts: without any, a worker that cannot live takes a CPU for itself. */
const backoff = duration({ minMs: 10, maxMs: HOUR_MS });

export const CONFIG_SCHEMA = v.strictObject({
  app: key(appReference(), {
    meaning: "module, or export of one, to serve",
    unset: "a demo",
  }),
  host: key(hostList(), {
    meaning: "address to listen on, or several",
    short: "H",
    defaultValue: "127.0.0.1",
  }),
  port: key(wholeNumber(0, 65_535), {
    meaning: "port to listen on; 0: any free one",
    short: "p",
    defaultValue: 8000,
  }),
  workers: key(orWord(wholeNumber(1, MAX_WORKERS), "auto"), {
    meaning: "processes; auto: one per usable CPU",
    short: "w",
    defaultValue: "auto",
  }),
  working_directory: key(filePath(), {
    meaning: "folder that workers run in",
    unset: "the file's, or `.`",
  }),
  reload_timeout: key(untilForced, {
    meaning: "time a worker may drain at a reload",
    defaultValue: 30,
  }),
  startup_timeout: key(untilForced, {
    meaning: "time from spawn to ready",
    defaultValue: 30,
  }),
  shutdown_timeout: key(untilForced, {
    meaning: "time a worker may drain at a stop",
    defaultValue: 30,
  }),
  // Load balancers take seconds to notice; whoever writes more than an hour meant milliseconds.
  shutdown_delay: key(duration({ minMs: 0, maxMs: HOUR_MS }), {
    meaning: "time before a stop in which health is 503",
    defaultValue: 0,
  }),
  // Idle connections are looked for once a second; whoever writes more than an hour meant
  // milliseconds.
  keep_alive_timeout: key(duration({ minMs: 1000, maxMs: HOUR_MS }), {
    meaning: "idle time on a connection between requests",
    defaultValue: 10,
  }),
  health_check_path: key(urlPath(), {
    meaning: 'path that pounce answers itself, e.g. "/health"',
  }),
  pid_file: key(filePath(), {
    meaning: "file that holds the master's pid",
  }),
  control_socket: key(filePath(), {
    meaning: "path of the control socket",
    unset: "runtime folder",
  }),
  trusted_proxies: key(networkList(), {
    meaning: "peers whose X-Forwarded-For is believed",
    unset: "none",
  }),
  request_id: key(onOff(), {
    meaning: "give each request an X-Request-ID",
    defaultValue: false,
  }),
  env_file: key(pathList(), {
    meaning: "file or files with variables for the workers",
  }),
  log: v.optional(
    v.strictObject({
      level: key(oneOf(LOG_LEVELS), {
        meaning: "the least that is written",
        defaultValue: "info",
      }),
      format: key(oneOf(LOG_FORMATS), {
        meaning: "lines for people, or an object on each line",
        defaultValue: "text",
      }),
      file: key(filePath(), {
        meaning: "file that the log goes to; USR1 opens it again",
        unset: "stdout, stderr",
      }),
      access: key(accessTarget(), {
        meaning: "where requests are logged",
        defaultValue: "off",
      }),
      access_format: key(oneOf(ACCESS_FORMATS), {
        meaning: "how a request is logged",
        defaultValue: "common",
      }),
      access_exclude: key(pathPatternList(), {
        meaning: "paths of requests that are not logged",
        unset: "none",
      }),
      capture: key(onOff(), {
        meaning: "put what the workers print into the log, too",
        defaultValue: false,
      }),
    }),
    {},
  ),
  respawn: v.optional(
    v.strictObject({
      max_crashes: key(wholeNumber(1, 1000), {
        meaning: "crashes in the window that end a start",
        defaultValue: 5,
      }),
      window: key(untilForced, { meaning: "time that crashes count", defaultValue: "60s" }),
      backoff_min: key(backoff, {
        meaning: "wait after the second crash; doubles with each",
        defaultValue: "500ms",
      }),
      backoff_max: key(backoff, { meaning: "longest such wait", defaultValue: "30s" }),
      uncaught: key(oneOf(UNCAUGHT), {
        meaning:
          "what an error of the app outside requests does: a new worker, then this one " +
          "drains; its end; a log entry",
        defaultValue: "recycle",
      }),
    }),
    {},
  ),
  metrics: v.optional(
    v.strictObject({
      port: key(wholeNumber(1, 65_535), {
        meaning: "port for metrics; they are on the control socket as well",
      }),
      path: key(urlPath(), {
        meaning: "path of the metrics on that port",
        defaultValue: "/metrics",
      }),
    }),
    {},
  ),
  env: key(variableTable(), {
    meaning: "variables for the workers, each with its name",
  }),
});
