// What a worker itself logs, as its generation's configuration says: errors of the app, which are
// written at every level, warnings, and what it has done.
import type { LogFields, LogLevel } from "../core/effects.ts";
import type { LogEvent } from "../core/log-events.ts";
import type { LoadMessage, WorkerEntry } from "../ipc/messages.ts";
import { describeError, errorFields } from "../errors/describe-error.ts";
import { LogOutput } from "../log/output.ts";
import { onOneLine } from "../log/printable.ts";
import type { AppFault } from "./handle/app-errors.ts";
import { targetOf } from "./http/target.ts";
import { traceOf } from "./requests/trace-of.ts";
import type { Tracked } from "./requests/in-flight.ts";

/** The request that an entry is about. */
interface Handled {
  readonly request: Tracked;
  readonly id: string | undefined;
}

/** The requests that were in flight, if it is not known which of them an entry is about. */
interface Candidates {
  readonly requests: readonly Tracked[];
}

const LONGEST_PATH = 500;
const MOST_CANDIDATES = 5;

/** What an entry says about requests: before what happened, after it, and for programs. */
interface About {
  readonly before: string;
  readonly after: string;
  readonly fields: LogFields;
}

function aboutRequest(handled: Handled | undefined): About {
  if (handled === undefined) return { before: "", after: "", fields: {} };
  const { request, id } = handled;
  const { method } = request;
  const path = shortPathOf(request);
  const trace = traceOf(request);
  const names = [
    ...(id === undefined ? [] : [`request ${id}`]),
    ...(trace === undefined ? [] : [`trace ${trace.traceId}`]),
  ];
  return {
    before: `${method} ${onOneLine(path)}: `,
    after: names.length === 0 ? "" : ` (${names.join(", ")})`,
    fields: {
      method,
      path,
      request_id: id,
      ...(trace && { trace_id: trace.traceId, span_id: trace.spanId }),
    },
  };
}

function aboutCandidates({ requests }: Candidates): About {
  const named = requests.slice(0, MOST_CANDIDATES);
  const list = named.map((request) => `${request.method} ${onOneLine(shortPathOf(request))}`);
  const more = requests.length - named.length;
  const all = [...list, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  return {
    before: "",
    after: list.length > 0 ? ` (in flight: ${all})` : "",
    fields: list.length > 0 ? { in_flight: list } : {},
  };
}

function shortPathOf(request: Tracked): string {
  return (targetOf(request).split("?", 1)[0] ?? "").slice(0, LONGEST_PATH);
}

export class WorkerLog {
  readonly #output: LogOutput;
  readonly #level: LogLevel;
  readonly #relay: (entry: WorkerEntry) => boolean;
  readonly #who: LogFields & { readonly worker: number; readonly generation: number };

  /**
   * @param relay passes an entry to the master, if that writes it; false: there is no master
   */
  constructor(
    { log, relaysLog, worker, generation }: LoadMessage,
    relay: (entry: WorkerEntry) => boolean,
  ) {
    this.#output = new LogOutput(log);
    this.#relay = relaysLog ? relay : () => false;
    this.#who = { worker, generation };
    this.#level = log.level;
  }

  /**
   * Logs an error of the app, in one entry.
   * @param event what happened, for programs
   * @param what the same for people
   * @param detail what was thrown, or what the app should do
   * @param context the request in which it was thrown, or that may be so, if known
   */
  error(
    event: LogEvent,
    what: string,
    detail: AppFault["detail"],
    context: Handled | Candidates = { requests: [] },
  ): void {
    const { before, after, fields } =
      "request" in context ? aboutRequest(context) : aboutCandidates(context);
    const isThrown = "thrown" in detail;
    const told = isThrown ? describeError(detail.thrown) : detail.remedy;
    const error = isThrown ? { ...errorFields(detail.thrown) } : undefined;
    this.#write("error", event, `${before}${what}${after}: ${told}`, { ...fields, error });
  }

  /**
   * @param context the request that it is about, if there is one
   * @param more fields of this event, for programs
   */
  warn(event: LogEvent, what: string, context?: Handled, more: LogFields = {}): void {
    if (this.#level === "error") return;
    const { before, after, fields } = aboutRequest(context);
    this.#write("warn", event, `${before}${what}${after}`, { ...fields, ...more });
  }

  /** @param fields of this event, for programs */
  info(event: LogEvent, what: string, fields: LogFields = {}): void {
    if (this.#level === "info" || this.#level === "debug") this.#write("info", event, what, fields);
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
