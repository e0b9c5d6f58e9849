// How a line of the log looks.
import type { LogLevel } from "../core/effects.ts";

/** `[INFO] message`, with a timestamp before it when the log is not read on a terminal. */
export function formatLine(level: LogLevel, message: string, time: Date | undefined): string {
  const line = `[${level.toUpperCase()}] ${message}\n`;
  return time === undefined ? line : `${time.toISOString()} ${line}`;
}
