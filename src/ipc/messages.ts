// What the master and a worker say to each other, over a channel of their own (channel.ts). That a
// message is one of these is checked in read-message.ts, that it may come now in core/expected.ts.

import type { DrainOrder } from "../core/effects.ts";
import type { Unfinished } from "../core/events.ts";
import type { Uncaught } from "../core/settings.ts";
import type { LogEntry } from "../log/format.ts";
import type { AccessLogSettings, LogSettings } from "../log/settings.ts";
import type { Address } from "../net/address.ts";

/** Where an app is, and what of it to serve. */
export interface AppSource {
  /** As the user wrote it, for messages; `undefined` is the built-in demo. */
  readonly label: string | undefined;
  /** It is inside the executable: all but `label` is told there. */
  readonly isEmbedded: boolean;
  readonly module: string;
  readonly exportName: string | undefined;
  /** Call the export to get the app. */
  readonly call: boolean;
  /** The folder that `module` is relative to. */
  readonly base: string;
  /** The file that the first worker of the generation loaded: the others load the same. */
  readonly file: string | undefined;
  /** The Hono of its own that the app had up to now; see hono-origin.ts. */
  readonly ownHono?: string | undefined;
}

export interface LoadMessage {
  readonly type: "load";
  readonly app: AppSource;
  readonly worker: number;
  readonly generation: number;
  /** The folder to run in; the process may have been started in another, see start-folder.ts. */
  readonly folder: string;
  readonly startupTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly healthCheckPath: string | undefined;
  readonly log: LogSettings;
  readonly accessLog: AccessLogSettings | undefined;
  readonly trustedProxies: readonly string[];
  readonly requestId: boolean;
  /** What an error does that the app throws outside a request. */
  readonly uncaught: Uncaught;
  /** The file that the page to count in is, where that has a name. */
  readonly page: string | undefined;
  /** The process id of the master. */
  readonly master: number;
  /** Load the app, and go no further: its `startup` is not called. */
  readonly isTrial: boolean;
  /** Where the server is to listen, so that the app must not. */
  readonly addresses: readonly Address[];
}

export type ToWorker =
  | LoadMessage
  | { readonly type: "bind"; readonly addresses: readonly Address[] }
  | DrainOrder
  | { readonly type: "release"; readonly address: string }
  /** What the health check answers from now on. */
  | { readonly type: "health"; readonly draining: boolean }
  /** Tell how things stand; answered by `report` with the same id. */
  | { readonly type: "report"; readonly id: number }
  /** Open the file of the log anew. */
  | { readonly type: "reopen-log" }
  | { readonly type: "stop" }
  | { readonly type: "force" };

/** A request that is ended by force. */
export interface ForcedRequest {
  readonly method: string;
  readonly path: string;
  readonly age_ms: number;
}

/** What a worker tells of itself. */
export interface WorkerReport {
  /** Requests that the app was given since the start. */
  readonly requests: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly memoryBytes: number;
}

/** Of these the last one counts: one that is not read yet is replaced by the next. */
const LAST_COUNTS: ReadonlySet<ToWorker["type"]> = new Set(["health", "report", "reopen-log"]);

/** What a message is to replace while it waits, see `Channel.send`. */
export function kindOf({ type }: ToWorker): string | undefined {
  return LAST_COUNTS.has(type) ? type : undefined;
}

export type FromWorker =
  /** `version`: of the pounce that the worker is, which may have been put there since. */
  | { readonly type: "started"; readonly version: string | undefined }
  /**
   * `file`: what was loaded; `ownHono`: as in `AppSource`; `shape`: what kind of app it is;
   * `notes`: lines for the log.
   */
  | {
      readonly type: "loaded";
      readonly file: string;
      readonly shape: string;
      readonly notes: readonly string[];
      readonly ownHono?: string | undefined;
    }
  /** The listeners' descriptors have been sent before this, in the order of `addresses`. */
  | { readonly type: "bound"; readonly addresses: readonly Address[] }
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly reason: string }
  /** The app threw outside a request, and went on. `times`: so often since this was last said. */
  | { readonly type: "uncaught"; readonly error: string; readonly times: number }
  /**
   * `served`: requests answered since the drain began. `needsTime`: the app has signal handlers.
   */
  | { readonly type: "idle"; readonly served: number; readonly needsTime?: boolean }
  | { readonly type: "released"; readonly address: string }
  /** `connections`: how many of them were not idle; 0.1.0 does not tell. */
  | {
      readonly type: "forced";
      readonly unfinished: Unfinished;
      readonly connections?: number;
      readonly served: number;
      readonly requests: readonly ForcedRequest[];
    }
  | { readonly type: "report"; readonly id: number; readonly report: WorkerReport }
  /** An entry of the log, where the worker's own streams are captured. */
  | { readonly type: "log"; readonly entry: WorkerEntry };

/** An entry of the log without its time. */
export type WorkerEntry = Omit<LogEntry, "time" | "inText">;
