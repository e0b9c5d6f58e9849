// What a worker itself has to tell, as its generation's configuration wants it told. It is an error of
// the app each time, and errors are written at every level.
import type { LogFields } from "../core/effects.ts";
import type { LoadMessage, WorkerEntry } from "../ipc/messages.ts";
import { LogOutput } from "../log/output.ts";

export class WorkerLog {
  readonly #output: LogOutput;
  readonly #relay: (entry: WorkerEntry) => boolean;
  readonly #who: LogFields & { readonly worker: number; readonly generation: number };

  /** @param relay takes an entry to the master, where streams are captured; false: there is none. */
  constructor({ log, worker, generation }: LoadMessage, relay: (entry: WorkerEntry) => boolean) {
    this.#output = new LogOutput(log);
    this.#relay = log.capture ? relay : () => false;
    this.#who = { worker, generation };
  }

  /**
   * @param event what happened, for programs
   * @param what the same for people
   * @param error the error with its place, as text
   */
  error(event: string, what: string, error: string): void {
    const { worker, generation } = this.#who;
    const message = `Worker ${worker} (generation ${generation}): ${what}: ${error}`;
    const entry: WorkerEntry = { level: "error", event, message, fields: this.#who };
    if (!this.#relay(entry)) this.#output.write({ ...entry, time: new Date() });
  }

  /** Opens the file anew. Where that fails, the master tells of it. */
  reopen(): void {
    this.#output.reopen();
  }
}
