// Where the log goes: to a file, or to stdout and stderr. The master and each worker have their own
// output on the same file. It is opened for appending, and an entry is one write, so none is torn.
import { closeSync, writeSync } from "node:fs";
import { openToAppend } from "../os/append.ts";
import { isTerminal } from "../os/is-terminal.ts";
import type { Identity } from "../os/privileges.ts";
import { refusal } from "../os/refusal.ts";
import { codeOf, explain } from "../os/shortage.ts";
import { formatEntry, type LogEntry } from "./format.ts";
import type { AccessLogSettings, LogFormat, LogSettings } from "./settings.ts";
import { Sink } from "./sink.ts";
import { makeFileFor } from "./user-file.ts";

const STDOUT = 1;
const STDERR = 2;

/** How soon to retry a file that could not be opened. */
const TRY_AGAIN_MS = 1000;

/** How soon to say again that a file cannot be written. */
const TELL_AGAIN_MS = 60_000;

/** When the log last said about each file that it cannot be written. */
const toldMs = new Map<string, number>();

type Opened =
  | { readonly ok: true; readonly descriptor: number }
  | { readonly ok: false; readonly error: string };

export class LogOutput {
  /** The open file; undefined when there is none, or it cannot be opened. */
  #descriptor: number | undefined;
  /** Its last line has no end. */
  #isTorn = false;
  #triedMs = -Infinity;

  /** Opens the file, if there is one. What cannot be written there goes to stdout and stderr. */
  constructor(readonly settings: LogSettings) {
    this.#open();
  }

  /**
   * Retries a file that cannot be opened when there is something to write and enough time has
   * passed.
   */
  #open(): void {
    const { file } = this.settings;
    const nowMs = performance.now();
    if (file === undefined || nowMs - this.#triedMs < TRY_AGAIN_MS) return;
    this.#triedMs = nowMs;
    const opened = openLog(file);
    if (opened.ok) this.#descriptor = opened.descriptor;
    else this.#tellUnwritable(opened.error);
  }

  write(entry: LogEntry): void {
    if (!this.#writeToFile(entry)) this.#writeToStream(entry);
  }

  /** Writes many entries. Resolves when more can be taken: the reader of a stream may be slow. */
  async writeAll(entries: readonly LogEntry[]): Promise<void> {
    for (const entry of entries) {
      if (!this.#writeToFile(entry)) await this.#writeToStream(entry).untilRoom();
    }
  }

  #writeToStream(entry: LogEntry): Sink {
    const isBad = entry.level === "warn" || entry.level === "error";
    const descriptor = isBad ? STDERR : STDOUT;
    format = this.settings.format;
    const sink = streamOf(descriptor);
    sink.write(Buffer.from(formatEntry(entry, format, isTerminal(descriptor))));
    return sink;
  }

  /** @returns whether all of it has been written. */
  #writeToFile(entry: LogEntry): boolean {
    if (this.#descriptor === undefined) this.#open();
    if (this.#descriptor === undefined) return false;
    const line = formatEntry(entry, this.settings.format, false);
    // Ends a line that was cut short.
    const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
    try {
      const written = writeSync(this.#descriptor, bytes);
      if (written > 0) this.#isTorn = written < bytes.length;
      if (written < bytes.length) this.#tellUnwritable("it took only a part");
      return written === bytes.length;
    } catch (error) {
      // The disk may be full: the line must not be lost, and a log must not end a server.
      const isBehind = codeOf(error) === "EAGAIN";
      this.#tellUnwritable(isBehind ? "its reader does not keep up" : explain(error));
      return false;
    }
  }

  /**
   * Once, or once a minute if the problem comes and goes. The lines themselves go to the streams.
   */
  #tellUnwritable(why: string): void {
    const { file = "" } = this.settings;
    const nowMs = performance.now();
    if (nowMs - (toldMs.get(file) ?? -Infinity) < TELL_AGAIN_MS) return;
    toldMs.set(file, nowMs);
    const meantime = "logging to stdout and stderr until that works again";
    const words = `Cannot write ${file}: ${why}; ${meantime}`;
    const fields = { file, reason: why };
    const time = new Date();
    this.#writeToStream({ level: "error", event: "log-unwritable", message: words, fields, time });
  }

  /**
   * Reopens the file by its path: the open one may have been moved away. If that is impossible,
   * returns why, and keeps writing to the old one, if there is one.
   */
  reopen(): string | undefined {
    if (this.settings.file === undefined) return undefined;
    const opened = openLog(this.settings.file);
    if (!opened.ok) return opened.error;
    this.close();
    this.#descriptor = opened.descriptor;
    return undefined;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/**
 * The sinks of stdout and stderr. All outputs in this process share them, whatever the settings.
 */
const streams = new Map<number, Sink>();
/** The format of the last entry. */
let format: LogFormat = "text";

function streamOf(descriptor: number): Sink {
  const found = streams.get(descriptor);
  if (found !== undefined) return found;
  const sink: Sink = new Sink(descriptor, (lines, why) => {
    const message = `${lines} log line(s) were lost: ${why}`;
    const fields = { lines, reason: why };
    const time = new Date();
    const entry = { level: "warn", event: "log-lost", message, fields, time } as const;
    sink.write(Buffer.from(formatEntry(entry, format, isTerminal(descriptor))));
  });
  streams.set(descriptor, sink);
  return sink;
}

interface Logs {
  readonly log: LogSettings;
  readonly accessLog: AccessLogSettings | undefined;
}

/**
 * Why a log cannot be written where the configuration wants it; undefined if it can.
 * @param user whom workers become, who write the access log; undefined: they stay as we are
 */
export function logProblem({ log, accessLog }: Logs, user?: Identity): string | undefined {
  return fileProblem("log.file", log.file) ?? accessLogProblem(accessLog?.file, user);
}

function accessLogProblem(
  file: string | undefined,
  user: Identity | undefined,
): string | undefined {
  if (file === undefined || user === undefined) return fileProblem("log.access", file);
  const problem = makeFileFor(user, file);
  return problem && `log.access: ${problem}`;
}

function fileProblem(key: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const opened = openLog(file);
  if (!opened.ok) return `${key}: ${opened.error}`;
  closeSync(opened.descriptor);
  return undefined;
}

/** Opens a log file for appending; creates it if it is missing. */
export function openLog(path: string): Opened {
  try {
    return { ok: true, descriptor: openToAppend(path) };
  } catch (error) {
    return { ok: false, error: `cannot open ${path}: ${refusal(error, path)}` };
  }
}
