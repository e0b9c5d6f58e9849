// Everything the control loop can ask its shell to do. An effect is performed once, in order,
// before the next event is looked at; what it leads to comes back as an event. So does its failure,
// as `effect-failed`.

import type { LogEvent } from "./log-events.ts";
import type { Program } from "./moves/accept-group.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * What an entry of the log is about, for programs. Names have underscores, as keys of the file do:
 * no other compiles.
 */
export interface LogFields {
  readonly [name: Lowercase<string>]: LogField;
}

type LogField = string | number | boolean | null | undefined | LogFields | readonly LogField[];

/** Why a worker drains, as its `shutdown` hook is told. */
export type DrainReason = "reload" | "stop" | "recycle" | "rollback";

/** How a reload ended. */
export type Outcome = "completed" | "rejected";

/**
 * What a command is told. `generation`: the one that a reload makes, or would have made. `workers`:
 * so many serve.
 */
export type Answer =
  | { readonly ok: true; readonly generation?: number; readonly workers?: number }
  | { readonly ok: false; readonly reason: string; readonly generation?: number };

export type Effect =
  | {
      readonly type: "log";
      readonly level: LogLevel;
      readonly event: LogEvent;
      readonly message: string;
      readonly fields?: LogFields;
    }
  /** Read the configuration anew; answered by `config-loaded` or `config-rejected`. */
  | { readonly type: "load-config" }
  | {
      readonly type: "spawn";
      readonly worker: number;
      readonly generation: number;
      readonly slot: number;
      /** Its health check answers 503 from the beginning. Left out: 200. */
      readonly healthIsDraining?: true;
    }
  /** The bind lock is the worker's; answered by `worker-bound`, `worker-failed` or its exit. */
  | { readonly type: "bind"; readonly worker: number }
  /** Put `program` in force for the accept group of `address`. */
  | { readonly type: "steer"; readonly address: string; readonly program: Program }
  /**
   * The kernel has refused programs: try one that sends connections where they go anyhow, and take
   * it off again; answered by `steering-works`, or by nothing.
   */
  | { readonly type: "probe-steering"; readonly address: string; readonly program: Program }
  /**
   * Close the master's duplicate of an ended worker's listener, with a program valid at each
   * moment.
   */
  | {
      readonly type: "close-listener";
      readonly worker: number;
      readonly address: string;
      readonly during: Program;
      readonly after: Program;
      /** Another master steers the group, or it is diverted: leave its program alone. */
      readonly keepsProgram?: true;
    }
  /**
   * Keep new connections away from all listeners of the group until the last one is closed.
   * Failing is answered by `divert-refused`.
   */
  | { readonly type: "divert"; readonly address: string; readonly listeners: number }
  /**
   * Make the listener drop new handshakes while its queue is served. Failing is answered by
   * `quiet-refused`.
   */
  | { readonly type: "quiet-listener"; readonly worker: number; readonly address: string }
  /** Have the worker let go of the listener; answered by `listener-released`. */
  | { readonly type: "release-listener"; readonly worker: number; readonly address: string }
  | {
      readonly type: "drain";
      readonly worker: number;
      readonly reason: DrainReason;
      readonly timeoutMs: number;
      /** Close idle connections instead of waiting for their keep-alive limit. */
      readonly closeIdle: boolean;
    }
  /** The worker is idle: end it. */
  | { readonly type: "stop"; readonly worker: number }
  /**
   * The deadline has come: answer 503 to what is pending, close, end; answered by `worker-forced`.
   */
  | { readonly type: "force"; readonly worker: number }
  | { readonly type: "kill"; readonly worker: number }
  /** Every address of the serving generation takes connections. */
  | { readonly type: "listening"; readonly addresses: readonly string[] }
  /** The health check of every worker answers 503 from now on, or 200 again. */
  | { readonly type: "health"; readonly draining: boolean }
  /** The one answer to a command. */
  | ({ readonly type: "answer"; readonly id: number } & Answer)
  /** The one end of a reload. */
  | {
      readonly type: "reload-ended";
      readonly generation: number;
      readonly outcome: Outcome;
      readonly reason: string | undefined;
    }
  /** Start the binary on disk; answered by `handover-claimed` or `handover-failed`. */
  | { readonly type: "hand-over" }
  /**
   * End the new master and all its processes; answered by `handover-failed`, which gets the reason.
   * `atOnce`: give them no time, as nobody serves meanwhile.
   */
  | { readonly type: "abort-handover"; readonly reason: string; readonly atOnce: boolean }
  /** Leave the server to the new master, and pass on what it and the workers say to each other. */
  | { readonly type: "grant" }
  /** Tell the old master that this one is ready; answered by `takeover-granted`. */
  | { readonly type: "claim" }
  /** The server is this master's from now on. */
  | { readonly type: "taken-over" }
  | { readonly type: "exit"; readonly code: 0 | 1 };
