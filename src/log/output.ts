// Where the log goes: a file, or stdout and stderr. The master and each worker have an output of their
// own on the same file. An entry is one write to a file open for appending, so that none is torn.
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { formatEntry, type LogEntry } from "./format.ts";
import type { AccessLogSettings, LogSettings } from "./settings.ts";

/** Without `O_NONBLOCK` a named pipe that nobody reads would hold up the whole process. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** A reader that takes nothing for this long is not waited for at the end. */
const FLUSH_MS = 1000;

export type Opened =
  | { readonly ok: true; readonly descriptor: number }
  | { readonly ok: false; readonly error: string };

export class LogOutput {
  /** The open file; undefined when there is none, or it cannot be opened. */
  #descriptor: number | undefined;

  /** Opens the file, if there is one. What cannot be written there goes to stdout and stderr. */
  constructor(readonly settings: LogSettings) {
    if (settings.file === undefined) return;
    const opened = openLog(settings.file);
    if (opened.ok) this.#descriptor = opened.descriptor;
  }

  write(entry: LogEntry): void {
    if (!this.#writeToFile(entry)) this.#writeToStream(entry);
  }

  /** Writes many. Resolves when more can be taken: whoever reads the streams may be slow. */
  async writeAll(entries: readonly LogEntry[]): Promise<void> {
    for (const entry of entries) {
      if (this.#writeToFile(entry)) continue;
      const stream = this.#writeToStream(entry);
      if (full.has(stream)) await untilDrained(stream);
    }
  }

  #writeToStream(entry: LogEntry): NodeJS.WriteStream {
    const isBad = entry.level === "warn" || entry.level === "error";
    const stream = isBad ? process.stderr : process.stdout;
    listenTo(stream);
    const isTaken = stream.write(formatEntry(entry, this.settings.format, stream.isTTY));
    if (!isTaken && !unread.has(stream)) full.add(stream);
    return stream;
  }

  /** @returns whether all of it has been written. */
  #writeToFile(entry: LogEntry): boolean {
    if (this.#descriptor === undefined) return false;
    const bytes = Buffer.from(formatEntry(entry, this.settings.format, false));
    try {
      return writeSync(this.#descriptor, bytes) === bytes.length;
    } catch {
      // The disk is full, say: the line must not be lost, and a log must not end a server.
      return false;
    }
  }

  /**
   * Opens the file anew, by its path: the one before may have been moved away. Returns why that is
   * impossible; then the one before is written to as long as there is one.
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

/** Streams that are listened to. */
const heard = new Set<NodeJS.WriteStream>();
/** Those whose reader has gone away: nothing is kept for it. */
const unread = new Set<NodeJS.WriteStream>();
/** Those that keep what they are given, as it is not read. Bun's `writableNeedDrain` does not tell. */
const full = new Set<NodeJS.WriteStream>();

/** A reader that has gone away is no reason to end: without this, Bun tells of it with a stack. */
function listenTo(stream: NodeJS.WriteStream): void {
  if (heard.has(stream)) return;
  heard.add(stream);
  stream.on("drain", () => full.delete(stream));
  stream.on("error", () => {
    full.delete(stream);
    unread.add(stream);
  });
}

/** Resolves when a stream has passed on what it was given, or never will. */
function untilDrained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("error", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("error", done).on("close", done);
  });
}

/** Resolves when stdout and stderr have passed on what they were given, at the latest in a second. */
export async function flushStreams(): Promise<void> {
  const waiting = [...full];
  if (waiting.length > 0)
    await Promise.race([Promise.all(waiting.map(untilDrained)), Bun.sleep(FLUSH_MS)]);
}

/** Why a log cannot be written where the configuration wants it; undefined when it can. */
export function logProblem({
  log,
  accessLog,
}: {
  readonly log: LogSettings;
  readonly accessLog: AccessLogSettings | undefined;
}): string | undefined {
  return fileProblem("log.file", log.file) ?? fileProblem("log.access", accessLog?.file);
}

function fileProblem(key: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const opened = openLog(file);
  if (!opened.ok) return `${key}: ${opened.error}`;
  closeSync(opened.descriptor);
  return undefined;
}

/** Opens the file of a log for appending, and makes it where there is none. */
export function openLog(path: string): Opened {
  try {
    return { ok: true, descriptor: openSync(path, FLAGS) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The system's message ends with the call and the path, which is named already.
    return { ok: false, error: `cannot open ${path}: ${reason.replace(/, open .*$/s, "")}` };
  }
}
