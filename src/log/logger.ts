// The master's log: consola, which drops what is below the level, with our own output.
//
// `consola` and `consola/basic` make a logger of their own when they are loaded, which opens
// `process.stdout` and with it all of Bun's streams: 1 MB, and milliseconds of the start.
import { type ConsolaInstance, createConsola, LogLevels } from "consola/core";
import type { LogFields, LogLevel } from "../core/effects.ts";
import type { LogEvent } from "../core/log-events.ts";
import type { LogEntry } from "./format.ts";
import { LogOutput } from "./output.ts";
import type { LogSettings } from "./settings.ts";

/**
 * Writes one entry: its level, the name of the event, the message, the event's own fields, and the
 * text that replaces the message in the text format.
 */
export type Log = (
  level: LogLevel,
  event: LogEvent,
  message: string,
  fields?: LogFields,
  inText?: string,
) => void;

/** The arguments of `Log` after the level. */
type Written = [event: LogEvent, message: string, fields: LogFields | undefined, inText?: string];

export class Logger {
  readonly #consola: ConsolaInstance;
  #output: LogOutput;
  /** What was told of `standing` events. */
  readonly #told = new Set<string>();

  /**
   * @param details events that are told at the level `debug`: something else sums them up
   * @param standing events that are told once, and then at that level, as long as they say the same
   */
  constructor(
    settings: LogSettings,
    readonly details: ReadonlySet<LogEvent> = new Set(),
    readonly standing: ReadonlySet<LogEvent> = new Set(),
  ) {
    this.#output = new LogOutput(settings);
    // `throttle: 0`: by default consola withholds repeated lines.
    this.#consola = createConsola({
      throttle: 0,
      level: LogLevels[settings.level],
      reporters: [
        {
          log: ({ type, args, date }) => {
            const [event, words, fields, inText] = args as Written;
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
    const isRepeated = this.standing.has(event) && this.#told.has(words);
    const shown = this.details.has(event) || isRepeated ? "debug" : level;
    if (this.standing.has(event)) this.#told.add(words);
    this.#consola[shown](event, words, fields, inText);
  };

  /** Writes entries of workers, whatever the level. Resolves when it can take more. */
  relay(entries: readonly LogEntry[]): Promise<void> {
    return this.#output.writeAll(entries);
  }

  /**
   * From now on writes as the settings of another generation say. Opens the file by its present
   * path.
   */
  use(settings: LogSettings): void {
    if (settings === this.#output.settings) return;
    this.#output.close();
    this.#output = new LogOutput(settings);
    this.#consola.level = LogLevels[settings.level];
  }

  /**
   * Reopens the file, which may have been moved away. If that is impossible, entries still go to
   * the old file, and the reason is returned.
   */
  reopen(): string | undefined {
    return this.#output.reopen();
  }
}
