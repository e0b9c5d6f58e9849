// What the master and a worker say to each other over their own channel (channel.ts).
// read-message.ts checks that a message is one of these, core/expected.ts that it may come now.

import type { DrainOrder } from "../core/effects.ts";
import type { Unfinished } from "../core/events.ts";
import type { LimitSettings, Uncaught, WebSocketSettings } from "../core/settings.ts";
import type { LogEntry } from "../log/format.ts";
import type { AccessLogSettings, LogSettings } from "../log/settings.ts";
import type { Address } from "../net/address.ts";
import type { Inspect } from "../net/inspect.ts";
import type { FileFacts } from "../os/file-facts.ts";
import type { Identity } from "../os/privileges.ts";
import type { ServedTls } from "../tls/served.ts";

/** Where an app is, and which export to serve. */
export interface AppSource {
  /** As the user wrote it, for messages; `undefined` is the built-in demo. */
  readonly label: string | undefined;
  /** It is inside the executable: everything but `label` is recorded there. */
  readonly isEmbedded: boolean;
  readonly module: string;
  readonly exportName: string | undefined;
  /** Whether to call the export to get the app. */
  readonly call: boolean;
  /** What follows its own name in its `process.argv`. */
  readonly args: readonly string[];
  /** The folder that `module` is relative to. */
  readonly base: string;
  /** The file that the generation's first worker loaded: the others load the same one. */
  readonly file: string | undefined;
  /** The Hono of its own that the app has used until now; see hono-origin.ts. */
  readonly ownHono?: string | undefined;
  /**
   * It was served before although it asks for none of our ports, which had been waited for. Left
   * out: no, or it is not in dev.
   */
  readonly isElsewhere?: boolean | undefined;
}

export interface LoadMessage {
  readonly type: "load";
  readonly app: AppSource;
  readonly worker: number;
  readonly generation: number;
  readonly slot: number;
  /**
   * The folder to run in; the process may have been started in another one, see start-folder.ts.
   */
  readonly folder: string;
  readonly startupTimeoutMs: number;
  /** When this was sent, as `machineMs` gives it. Left out: now. */
  readonly sentMs?: number;
  readonly shutdownTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** 0: no limit. */
  readonly requestTimeoutMs: number;
  readonly limits: LimitSettings;
  /** Left out: all as Bun has it. */
  readonly websocket?: WebSocketSettings;
  readonly healthCheckPath: string | undefined;
  readonly log: LogSettings;
  /** The worker's entries go to the log by its master. */
  readonly relaysLog: boolean;
  /** Whom its process has become; undefined: it has the user of its master. */
  readonly runsAs: Identity | undefined;
  readonly accessLog: AccessLogSettings | undefined;
  readonly trustedProxies: readonly string[] | undefined;
  readonly requestId: boolean;
  /** HTTP/2 without TLS, to clients that know it beforehand. Left out: no. */
  readonly h2c?: boolean;
  /** Paths to ask for before it is ready. Left out: none. */
  readonly warmup?: readonly string[];
  /** To do that before it listens. Left out: after that. */
  readonly warmsUpFirst?: true;
  /** What happens when the app throws outside a request. */
  readonly uncaught: Uncaught;
  /** The file of the page to count in, if it has a name. */
  readonly page: string | undefined;
  /** The same for all workers of a master, and for those of no other one. */
  readonly serverId: string;
  /** The process id of the master. */
  readonly master: number;
  /** Load the app and stop there: its `startup` is not called. */
  readonly isTrial: boolean;
  /** It serves the person who writes the app: `pounce dev`. */
  readonly dev: boolean;
  /** Where a debugger can attach; left out: nowhere. */
  readonly inspect?: Inspect | undefined;
  /** Where the server will listen, so the app must not. */
  readonly addresses: readonly Address[];
  /**
   * What the app has to be loaded from: what the first worker of the generation has loaded. Left
   * out: nothing is known of it.
   */
  readonly files?: readonly FileFacts[] | undefined;
  /** Certificates with their keys. Left out: HTTP without TLS. */
  readonly tls?: ServedTls | undefined;
}

/** Whose a shared listening socket is. */
export type Sharers = "ours" | "inherited";

export type ToWorker =
  | LoadMessage
  /**
   * `shared`: the listening sockets, in the order of `addresses`, have been sent before this: see
   * net/adopt-listener.ts. They are the server's own, or those of who has started it, which live
   * longer than the server. Left out: the worker makes its own.
   */
  | {
      readonly type: "bind";
      readonly addresses: readonly Address[];
      readonly shared?: Sharers | undefined;
    }
  /** Whether to accept from the shared listening socket, from now on. */
  | { readonly type: "accept"; readonly address: string; readonly accepts: boolean }
  | DrainOrder
  /** New connections go to another generation, which is on trial; or come here again. */
  | { readonly type: "standby"; readonly isOn: boolean }
  /** Let go of each connection about once a second, so that clients are shared out; or no more. */
  | { readonly type: "spread"; readonly isOn: boolean }
  /**
   * From now on it leads, see app/leadership.ts; or goes on to: until then, as `machineMs` gives
   * it. A `lease` for a worker that does not lead means nothing.
   */
  | { readonly type: "lead" | "lease"; readonly untilMs: number }
  /** It leads no more. Asks for a `resigned`, unless that has been said. */
  | { readonly type: "resign" }
  /**
   * There is a link to that worker, see worker/links/link.ts. Its two descriptors have been sent
   * before this.
   */
  | { readonly type: "link"; readonly peer: number }
  /** It drains: these take its WebSockets from now on. */
  | { readonly type: "carry"; readonly workers: readonly number[] }
  /**
   * Answer on a port of 127.0.0.1 as well, see worker/requests/unlisted.ts. Asks for an `unlisted`,
   * which has the same id. One that is open is closed.
   */
  | { readonly type: "open-unlisted"; readonly id: number }
  | { readonly type: "close-unlisted"; readonly id: number }
  | { readonly type: "release"; readonly address: string }
  /** What health answers from now on. */
  | { readonly type: "health"; readonly draining: boolean }
  /** Asks for a `report`, which has the same id. */
  | { readonly type: "report"; readonly id: number }
  /** Reopen the log file. */
  | { readonly type: "reopen-log" }
  /** Serve these certificates from now on. Asks for a `tls-served`, which has the same id. */
  | { readonly type: "tls"; readonly id: number; readonly tls: ServedTls }
  | { readonly type: "stop" }
  | { readonly type: "force" };

/** A request that is cut off at a deadline. */
export interface ForcedRequest {
  readonly method: string;
  readonly path: string;
  readonly age_ms: number;
}

/** What a worker reports about itself. */
export interface WorkerReport {
  /** Requests that the app was given since the start. */
  readonly requests: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly memoryBytes: number;
}

/** Of these only the newest counts: it replaces an older one that has not been read yet. */
const LAST_COUNTS: ReadonlySet<ToWorker["type"]> = new Set(["health", "report", "reopen-log"]);

/** The kind of a message that replaces older ones which still wait, see `Channel.send`. */
export function kindOf({ type }: ToWorker): string | undefined {
  return LAST_COUNTS.has(type) ? type : undefined;
}

export type FromWorker =
  /** `version`: the worker's version of pounce, which may be newer than its master's. */
  | { readonly type: "started"; readonly version: string | undefined }
  /**
   * `file`: what was loaded; `ownHono`, `isElsewhere`: as in `AppSource`; `shape`: its kind;
   * `notes`: warnings for the log; `remarks`: lines for it that warn of nothing.
   * `usesBuiltInHono`: said in a trial alone. `failure`: the app does not load, and why; a page
   * that says so serves in its place, for the person who writes the app.
   */
  | {
      readonly type: "loaded";
      readonly file: string;
      readonly shape: string;
      readonly notes: readonly string[];
      readonly remarks?: readonly string[] | undefined;
      readonly usesBuiltInHono?: boolean | undefined;
      readonly ownHono?: string | undefined;
      readonly isElsewhere?: boolean | undefined;
      readonly failure?: string | undefined;
      /** Its app has a use for a leader. Left out: no. */
      readonly wantsLead?: boolean | undefined;
      /** What it was loaded from; left out: it was told, or is not told from. */
      readonly appFiles?: readonly FileFacts[] | undefined;
    }
  /** The same files, with their content. */
  | { readonly type: "app-files"; readonly files: readonly FileFacts[] }
  /** It does not load its app: these files are not what its generation was loaded from. */
  | { readonly type: "outdated"; readonly files: readonly string[] }
  /** The listeners' descriptors have been sent before this, in the order of `addresses`. */
  | { readonly type: "bound"; readonly addresses: readonly Address[] }
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly reason: string }
  /**
   * The app threw outside a request, and continued. `times`: how often since this was last said.
   */
  | { readonly type: "uncaught"; readonly error: string; readonly times: number }
  /** Whether it has as many connections as it may, from now on. */
  | { readonly type: "full"; readonly isFull: boolean }
  /** It leads, and asks for a `lease`. */
  | { readonly type: "lease-wanted" }
  /** It leads no more, and has stopped what it did as the leader: said once for each `lead`. */
  | { readonly type: "resigned" }
  /**
   * `served`: requests answered since the drain began. `needsTime`: the app has signal handlers.
   */
  | { readonly type: "idle"; readonly served: number; readonly needsTime?: boolean }
  | { readonly type: "released"; readonly address: string }
  /** `connections`: how many of them were not idle; 0.1.0 leaves it out. */
  | {
      readonly type: "forced";
      readonly unfinished: Unfinished;
      readonly connections?: number;
      readonly served: number;
      readonly requests: readonly ForcedRequest[];
    }
  | { readonly type: "report"; readonly id: number; readonly report: WorkerReport }
  /** `problem`: why it still serves the old certificates; left out: it serves the new ones. */
  | { readonly type: "tls-served"; readonly id: number; readonly problem?: string | undefined }
  /** `port`: left out: it could not be opened, and `problem` says why. */
  | {
      readonly type: "unlisted";
      readonly id: number;
      readonly port?: number | undefined;
      readonly problem?: string | undefined;
    }
  /**
   * Files that the app has been loaded from since then, as `Date.now()` gives it, besides those
   * that were told before; only in dev.
   */
  | { readonly type: "files"; readonly files: readonly string[]; readonly sinceMs: number }
  /** A log entry, when the worker's own streams are captured. */
  | { readonly type: "log"; readonly entry: WorkerEntry };

/** An entry of the log without its time. */
export type WorkerEntry = Omit<LogEntry, "time" | "inText">;
