// The master's log: consola, which leaves out what is below the level, with an output of our own.
import { type ConsolaInstance, createConsola, LogLevels } from "consola/basic";
import type { LogFields, LogLevel } from "../core/effects.ts";
import { message } from "../core/messages.ts";
import { LogOutput } from "./output.ts";
import type { LogSettings } from "./settings.ts";

/** Writes one entry: its level, the name of the event, the message, and the event's own fields. */
export type Log = (level: LogLevel, event: string, message: string, fields?: LogFields) => void;

export class Logger {
  readonly #consola: ConsolaInstance;
  #output: LogOutput;

  constructor(settings: LogSettings) {
    this.#output = new LogOutput(settings);
    // `throttle: 0`: by default consola withholds lines that repeat.
    this.#consola = createConsola({
      throttle: 0,
      level: LogLevels[settings.level],
      reporters: [
        {
          log: ({ type, args, date }) => {
            const [event, words, fields] = args as [string, string, LogFields | undefined];
            const level = type as LogLevel;
            this.#output.write({ level, event, message: words, fields, time: date });
          },
        },
      ],
    });
  }

  readonly log: Log = (level, event, words, fields) => {
    this.#consola[level](event, words, fields);
  };

  /** Writes as the settings of another generation say from now on, to its file as it is now. */
  use(settings: LogSettings): void {
    if (settings === this.#output.settings) return;
    this.#output.close();
    this.#output = new LogOutput(settings);
    this.#consola.level = LogLevels[settings.level];
  }

  /** Opens the file anew, as whoever moved it away asks by a signal. */
  reopen(signal: string): void {
    const { file } = this.#output.settings;
    if (file === undefined) {
      this.log("warn", "log-reopen-ignored", message.logIsNoFile(signal), { by: signal });
      return;
    }
    const reason = this.#output.reopen();
    if (reason === undefined) {
      this.log("info", "log-reopened", message.logReopened(signal, file), { by: signal, file });
    } else {
      const words = message.logNotReopened(signal, reason);
      this.log("error", "log-not-reopened", words, { by: signal, file, reason });
    }
  }
}
