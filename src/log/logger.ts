// The master's log: consola, which leaves out what is below the level, with an output of our own.
import { type ConsolaInstance, createConsola, LogLevels } from "consola/basic";
import type { LogFields, LogLevel } from "../core/effects.ts";
import type { LogEvent } from "../core/log-events.ts";
import { message } from "../core/messages.ts";
import type { LogEntry } from "./format.ts";
import { LogOutput } from "./output.ts";
import type { LogSettings } from "./settings.ts";

/**
 * Writes one entry: its level, the name of the event, the message, the event's own fields, and what
 * text has instead of the message.
 */
export type Log = (
  level: LogLevel,
  event: LogEvent,
  message: string,
  fields?: LogFields,
  inText?: string,
) => void;

/** The arguments of `Log` after the level. */
type Told = [event: LogEvent, message: string, fields: LogFields | undefined, inText?: string];

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
            const [event, words, fields, inText] = args as Told;
            const level = type as LogLevel;
            this.#output.write({ level, event, message: words, inText, fields, time: date });
          },
        },
      ],
    });
  }

  /** The file that it goes to; undefined: stdout and stderr. */
  get file(): string | undefined {
    return this.#output.settings.file;
  }

  readonly log: Log = (level, event, words, fields, inText) => {
    this.#consola[level](event, words, fields, inText);
  };

  /** Writes what workers have to say, whatever the level. Resolves when more can be taken. */
  relay(entries: readonly LogEntry[]): Promise<void> {
    return this.#output.writeAll(entries);
  }

  /** Writes as the settings of another generation say from now on, to its file as it is now. */
  use(settings: LogSettings): void {
    if (settings === this.#output.settings) return;
    this.#output.close();
    this.#output = new LogOutput(settings);
    this.#consola.level = LogLevels[settings.level];
  }

  /**
   * Opens the file anew, should somebody have moved it away; one that cannot be is left as it was.
   */
  refresh(): void {
    this.#output.reopen();
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
