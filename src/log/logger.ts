// The master's log: consola with a reporter of our own. Warnings and errors go to stderr.
import { type ConsolaReporter, createConsola } from "consola/basic";
import type { LogLevel } from "../core/effects.ts";
import { formatLine } from "./format.ts";

/** Writes one entry: its level, the name of the event, and the message. */
export type Log = (level: LogLevel, event: string, message: string) => void;

const reporter: ConsolaReporter = {
  log({ type, args, date }) {
    const level: LogLevel = type === "warn" || type === "error" ? type : "info";
    const stream = level === "info" ? process.stdout : process.stderr;
    stream.write(formatLine(level, String(args[0]), stream.isTTY ? undefined : date));
  },
};

export function createLog(): Log {
  // `throttle: 0`: by default consola withholds lines that repeat.
  const consola = createConsola({ reporters: [reporter], throttle: 0, level: 3 });
  return (level, _event, message) => consola[level](message);
}
