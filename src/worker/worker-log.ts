// What a worker itself logs, as its generation's configuration says: errors of the app, which are
// written at every level, and warnings.
import type { LogFields, LogLevel } from "../core/effects.ts";
import type { LogEvent } from "../core/log-events.ts";
import type { LoadMessage, WorkerEntry } from "../ipc/messages.ts";
import { describeError, errorFields } from "../errors/describe-error.ts";
import { LogOutput } from "../log/output.ts";
import { onOneLine } from "../log/printable.ts";
import type { AppFault } from "./handle/app-errors.ts";
import { targetOf } from "./http/target.ts";
import type { Tracked } from "./requests/in-flight.ts";

/** The request that an entry is about. */
interface Handled {
  readonly request: Tracked;
  readonly id: string | undefined;
}

const LONGEST_PATH = 500;

/** What an entry says about a request: before what happened, after it, and for programs. */
function aboutRequest({ request, id }: Handled) {
  const { method } = request;
  const path = (targetOf(request).split("?", 1)[0] ?? "").slice(0, LONGEST_PATH);
  return {
    before: `${method} ${onOneLine(path)}: `,
    after: id === undefined ? "" : ` (request ${id})`,
    fields: { method, path, request_id: id } satisfies LogFields,
  };
}

export class WorkerLog {
  readonly #output: LogOutput;
  readonly #level: LogLevel;
  readonly #relay: (entry: WorkerEntry) => boolean;
  readonly #who: LogFields & { readonly worker: number; readonly generation: number };

  /**
   * @param relay passes an entry to the master, if streams are captured; false: there is no master
   */
  constructor({ log, worker, generation }: LoadMessage, relay: (entry: WorkerEntry) => boolean) {
    this.#output = new LogOutput(log);
    this.#relay = log.capture ? relay : () => false;
    this.#who = { worker, generation };
    this.#level = log.level;
  }

  /**
   * Logs an error of the app, in one entry.
   * @param event what happened, for programs
   * @param what the same for people
   * @param detail what was thrown, or what the app should do
   * @param request in which it was thrown, if known
   */
  error(event: LogEvent, what: string, detail: AppFault["detail"], request?: Handled): void {
    const about = request === undefined ? undefined : aboutRequest(request);
    const isThrown = "thrown" in detail;
    const told = isThrown ? describeError(detail.thrown) : detail.remedy;
    const error = isThrown ? { ...errorFields(detail.thrown) } : undefined;
    const { before = "", after = "", fields = {} } = about ?? {};
    this.#write("error", event, `${before}${what}${after}: ${told}`, { ...fields, error });
  }

  warn(event: LogEvent, what: string): void {
    if (this.#level !== "error") this.#write("warn", event, what, {});
  }

  #write(level: LogLevel, event: LogEvent, what: string, about: LogFields): void {
    const { worker, generation } = this.#who;
    const message = `Worker ${worker} (generation ${generation}): ${what}`;
    const entry: WorkerEntry = { level, event, message, fields: { ...this.#who, ...about } };
    if (!this.#relay(entry)) this.#output.write({ ...entry, time: new Date() });
  }

  /** Reopens the file. If that fails, the master says so. */
  reopen(): void {
    this.#output.reopen();
  }
}
