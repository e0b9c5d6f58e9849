// What a worker itself has to tell, as its generation's configuration wants it told: errors of the app,
// which are written at every level, and a warning.
import type { LogFields, LogLevel } from "../core/effects.ts";
import type { LoadMessage, WorkerEntry } from "../ipc/messages.ts";
import { LogOutput } from "../log/output.ts";

export class WorkerLog {
  readonly #output: LogOutput;
  readonly #level: LogLevel;
  readonly #relay: (entry: WorkerEntry) => boolean;
  readonly #who: LogFields & { readonly worker: number; readonly generation: number };

  /** @param relay takes an entry to the master, where streams are captured; false: there is none. */
  constructor({ log, worker, generation }: LoadMessage, relay: (entry: WorkerEntry) => boolean) {
    this.#output = new LogOutput(log);
    this.#relay = log.capture ? relay : () => false;
    this.#who = { worker, generation };
    this.#level = log.level;
  }

  /**
   * @param event what happened, for programs
   * @param what the same for people
   * @param error the error with its place, as text
   * @param requestId of the request in which it was thrown, if it has one
   */
  error(event: string, what: string, error: string, requestId?: string): void {
    const during = requestId === undefined ? "" : ` (request ${requestId})`;
    this.#write("error", event, `${what}${during}: ${error}`, { request_id: requestId });
  }

  warn(event: string, what: string): void {
    if (this.#level !== "error") this.#write("warn", event, what, {});
  }

  #write(level: LogLevel, event: string, what: string, about: LogFields): void {
    const { worker, generation } = this.#who;
    const message = `Worker ${worker} (generation ${generation}): ${what}`;
    const entry: WorkerEntry = { level, event, message, fields: { ...this.#who, ...about } };
    if (!this.#relay(entry)) this.#output.write({ ...entry, time: new Date() });
  }

  /** Opens the file anew. Where that fails, the master tells of it. */
  reopen(): void {
    this.#output.reopen();
  }
}
