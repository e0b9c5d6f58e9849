/**
 * The schema of the configuration: the only home of names, defaults, ranges and descriptions.
 *
 * One entry here makes a key of the file, a flag, a variable and a line of the help. A table of
 * the file is `v.optional(v.strictObject({ … }), {})`, and its keys are flags as `--log-level` is.
 */
import * as v from "valibot";
import { MAX_WORKERS } from "../core/scale.ts";
import {
  appReference,
  duration,
  filePath,
  hostList,
  orWord,
  urlPath,
  type ValueType,
  wholeNumber,
} from "./value-types.ts";

/** What a key says about itself. */
export interface KeyNotes {
  /** One sentence without its full stop, for people. */
  readonly meaning: string;
  /** The flag of one letter. */
  readonly short?: string;
  /** What holds when the key is absent and has no default value. */
  readonly unset?: string;
}

/** All that is noted with a key: what it says and its type's own description. */
export type KeyMetadata = Omit<ValueType<v.GenericSchema>, "schema"> & Omit<KeyNotes, "meaning">;

/** An entry of the schema; its value may be absent when `defaultValue` is undefined. */
function key<S extends v.GenericSchema, const D extends v.InferInput<S> | undefined = undefined>(
  type: ValueType<S>,
  notes: KeyNotes & { readonly defaultValue?: D },
) {
  const { schema, ...ofType } = type;
  const { meaning, defaultValue, ...ofKey } = notes;
  return v.pipe(
    v.optional(schema, defaultValue as D),
    v.description(meaning),
    v.metadata({ ...ofType, ...ofKey } satisfies KeyMetadata),
  );
}

const HOUR_MS = 3_600_000;

/**
 * For waits that end in force. Zero is refused, since half of its readers take it for "no limit";
 * below 100 ms not even an idle process comes or goes in time. A day is longer than any drain that
 * is meant, and far below the 24.8 days that a timer can hold.
 */
const untilForced = duration({ minMs: 100, maxMs: 24 * HOUR_MS });

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
    unset: "the file's or this",
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
  // Idle connections are looked for once a second; whoever writes more than an hour meant milliseconds.
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
    meaning: "path of the control socket; not yet used",
  }),
});
