// How an entry of the log looks, as text and as JSON. Either is one text that ends with a line end.
import type { LogFields, LogLevel } from "../core/effects.ts";
import type { LogEvent } from "../core/log-events.ts";
import { asEntry, printableJson } from "./printable.ts";
import type { LogFormat } from "./settings.ts";

export interface LogEntry {
  readonly level: LogLevel;
  /** What happened, for programs: `worker-idle`. */
  readonly event: LogEvent;
  /** The same for people. It has several lines when it holds an error of the app. */
  readonly message: string;
  /** What text has instead of the message, where the fields say more than it does. */
  readonly inText?: string | undefined;
  readonly fields?: LogFields | undefined;
  readonly time: Date;
}

/** @param onTerminal whether somebody watches, who needs no timestamp. */
export function formatEntry(entry: LogEntry, format: LogFormat, onTerminal: boolean): string {
  switch (format) {
    case "text":
      return formatText(entry, onTerminal);
    case "json":
      return formatJson(entry);
  }
}

/**
 * `[INFO] message`, with a timestamp before it when the log is not read on a terminal. Lines after
 * the first are indented, whatever they hold.
 */
function formatText({ level, message, inText, time }: LogEntry, onTerminal: boolean): string {
  const line = `[${level.toUpperCase()}] ${asEntry(inText ?? message)}\n`;
  return onTerminal ? line : `${time.toISOString()} ${line}`;
}

/** One object on one line, whatever the message holds. */
function formatJson({ level, event, message, fields, time }: LogEntry): string {
  const entry = { time: time.toISOString(), level, event, msg: message, ...fields };
  return `${printableJson(JSON.stringify(entry))}\n`;
}
