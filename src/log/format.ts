// How a log entry looks, as text and as JSON. Both end with a line end.
import type { LogFields, LogLevel } from "../core/effects.ts";
import type { LogEvent } from "../core/log-events.ts";
import { asEntry, printableJson } from "./printable.ts";
import type { LogFormat } from "./settings.ts";

export interface LogEntry {
  readonly level: LogLevel;
  /** What happened, for programs: `worker-idle`. */
  readonly event: LogEvent;
  /** The same for people. It has several lines when it contains an error of the app. */
  readonly message: string;
  /** Replaces the message in the text format, where the fields say more than it does. */
  readonly inText?: string | undefined;
  readonly fields?: LogFields | undefined;
  readonly time: Date;
}

/** @param onTerminal whether a person is watching, who needs no timestamps */
export function formatEntry(entry: LogEntry, format: LogFormat, onTerminal: boolean): string {
  switch (format) {
    case "text":
      return formatText(entry, onTerminal);
    case "json":
      return formatJson(entry);
  }
}

/**
 * `[INFO] message`, with a timestamp before it unless it is read on a terminal. All lines but the
 * first are indented, whatever they contain.
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
