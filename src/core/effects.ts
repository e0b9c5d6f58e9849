// Everything the control loop can ask its shell to do. An effect is performed once, in order,
// before the next event is looked at. Its result comes back as an event; so does its failure, as
// `effect-failed`.

import type { AppPlace } from "./app-place.ts";
import type { LogEvent } from "./log-events.ts";
import type { Program } from "./moves/accept-group.ts";
import type { Inventory, Leadership } from "./inventory.ts";
import type { Wear } from "./settings.ts";
import type { Verdict } from "./verdict.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * The fields of a log entry, for programs. Names have underscores, like the keys of the
 * configuration file: others do not compile.
 */
export interface LogFields {
  readonly [name: Lowercase<string>]: LogField;
}

type LogField = string | number | boolean | null | undefined | LogFields | readonly LogField[];

/** Why a worker drains, as passed to its `shutdown` hook. */
export type DrainReason = "reload" | "stop" | "recycle" | "rollback";

/** How a worker should drain. */
export interface DrainOrder {
  readonly type: "drain";
  readonly reason: DrainReason;
  readonly timeoutMs: number;
  /** Close idle connections instead of waiting for their keep-alive limit. */
  readonly closeIdle: boolean;
  /**
   * New connections go to other workers from now on, though the listener stays open. Left out: no.
   */
  readonly isSteered?: boolean;
  /**
   * How its WebSockets are closed: because the server stops; all at once, since nobody takes them
   * over yet; or one after another. Left out: as the other fields say, see farewell.ts.
   */
  readonly webSockets?: "stop" | "at-once" | "paced";
  /** Workers that take its WebSockets, the first choice first. Left out: it closes them. */
  readonly carryTo?: readonly number[];
}

/** When the operator's command looks: before the first client, or during the canary. */
export type VerifyStage = "ready" | "canary";

/** How a reload ended. */
export type Outcome = "completed" | "rejected" | "rolled-back";

/** What has happened, for receipts and metrics. */
type Report =
  | { readonly type: "reload-began"; readonly generation: number }
  /** The worker drains because of that reload: what that costs is in its receipt. */
  | { readonly type: "reload-drains"; readonly generation: number; readonly worker: number }
  /** The new generation takes all new connections; the old one drains. */
  | { readonly type: "reload-steered"; readonly generation: number }
  /** The new generation had clients, and is rolled back; it drains. `reload-ended` follows. */
  | { readonly type: "reload-undone"; readonly generation: number; readonly reason: string }
  /**
   * The single end of a reload. `workers`: of the new generation; 0 if it does not serve.
   * `verdict`: how the new one has stood its trial; left out: there was none, or not to its end.
   * `wantsTrial`: its settings ask for one. `place`: where its app is; left out: unknown.
   */
  | {
      readonly type: "reload-ended";
      readonly generation: number;
      readonly outcome: Outcome;
      readonly reason: string | undefined;
      readonly workers: number;
      readonly verdict?: Verdict;
      readonly wantsTrial?: true;
      readonly place?: AppPlace | undefined;
      readonly gapMs?: number;
    }
  /** The worker was ready or draining, and exited unexpectedly. */
  | { readonly type: "worker-crashed"; readonly worker: number }
  /** The worker made no progress, and was killed for that. */
  | { readonly type: "worker-hung"; readonly worker: number }
  /** The worker was well, and has been replaced because it had reached a limit. */
  | { readonly type: "worker-recycled"; readonly worker: number; readonly why: Wear }
  /** Another worker takes its place, at once or after a delay. */
  | { readonly type: "worker-respawned"; readonly worker: number };

/**
 * The answer to a command. `generation`: the one that a reload makes, or would have made.
 * `workers`: how many serve; `wanted`: how many are to; `lack`: what keeps the others, in words.
 * `outcome`: of a reload that has begun.
 */
export type Answer =
  | {
      readonly ok: true;
      readonly generation?: number;
      /** Why its trial so far has no verdict. Left out: it has one, or there was none. */
      readonly unjudged?: string;
      readonly workers?: number;
      readonly wanted?: number;
      readonly lack?: string;
    }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly generation?: number;
      readonly outcome?: Exclude<Outcome, "completed">;
      /** Nobody serves now: why, and what to do. Left out: somebody does. */
      readonly outage?: string;
    };

export type Effect =
  | {
      readonly type: "log";
      readonly level: LogLevel;
      readonly event: LogEvent;
      readonly message: string;
      readonly fields?: LogFields;
    }
  /**
   * Read the configuration for a new generation; answered by `config-loaded` or `config-rejected`.
   * `held`: addresses that workers already have.
   */
  | {
      readonly type: "load-config";
      readonly generation: number;
      readonly held: readonly string[];
    }
  /**
   * See whether the configuration on disk is valid, in place of which this generation would go;
   * answered by `config-checked`.
   */
  | { readonly type: "check-config"; readonly generation: number }
  /** Send the log and the metrics where this generation's configuration puts them. */
  | { readonly type: "use-config"; readonly generation: number }
  /** Nothing of this generation is left: its configuration is not used again. */
  | { readonly type: "forget-config"; readonly generation: number }
  | {
      readonly type: "spawn";
      readonly worker: number;
      readonly generation: number;
      readonly slot: number;
      /** Its health check answers 503 from the start. Left out: 200. */
      readonly healthIsDraining?: true;
      /**
       * It warms up before it listens: nobody else would take the connections that come meanwhile.
       * Left out: it listens first.
       */
      readonly warmsUpFirst?: true;
    }
  /** Tell the predecessor that this worker number is in use, so that it uses higher ones. */
  | { readonly type: "reserve-number"; readonly worker: number }
  /** The worker has the bind lock; answered by `worker-bound`, `worker-failed` or its exit. */
  | { readonly type: "bind"; readonly worker: number }
  /** Put `program` in force for the accept group of `address`. */
  | { readonly type: "steer"; readonly address: string; readonly program: Program }
  /**
   * The kernel has refused programs: try one that sends connections where they go anyway, and
   * remove it again; answered by `steering-works`, or not at all.
   */
  | { readonly type: "probe-steering"; readonly address: string; readonly program: Program }
  /**
   * Close the master's duplicate of an ended worker's listener, so that a valid program is in force
   * at every moment.
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
   * Keep new connections away from all listeners of the group until the last one is closed. If it
   * fails, answered by `divert-refused`.
   */
  | { readonly type: "divert"; readonly address: string; readonly listeners: number }
  /**
   * Make the listener drop new handshakes while its queue is served. If it fails, answered by
   * `quiet-refused`.
   */
  | {
      readonly type: "quiet-listener";
      readonly worker: number;
      readonly address: string;
      /**
       * The next generation listens there: what comes to a socket that workers share waits for it.
       * Left out: it does not.
       */
      readonly isKept?: true;
    }
  /** Make the worker release the listener; answered by `listener-released`. */
  | { readonly type: "release-listener"; readonly worker: number; readonly address: string }
  | ({ readonly worker: number } & DrainOrder)
  /**
   * The worker gets no new connections any more, and lets go of those it has as they end, or it
   * serves again.
   */
  | { readonly type: "standby"; readonly worker: number; readonly isOn: boolean }
  /** Give the worker a link to each of its peers, see rules/links.ts. */
  | { readonly type: "link"; readonly worker: number; readonly peers: readonly number[] }
  /** The worker drains: from now on these take its WebSockets, see rules/redirect.ts. */
  | { readonly type: "carry"; readonly worker: number; readonly to: readonly number[] }
  /** From now on the worker leads, until then at the most, on the clock of `step`. */
  | { readonly type: "lead"; readonly worker: number; readonly untilMs: number }
  /** It goes on leading, until then at the most. */
  | { readonly type: "lease"; readonly worker: number; readonly untilMs: number }
  /** It leads no more; answered by `leader-resigned`. */
  | { readonly type: "resign"; readonly worker: number }
  /** The worker lets go of each connection about once a second, or no longer. */
  | { readonly type: "spread"; readonly worker: number; readonly isOn: boolean }
  /**
   * Compare two generations from now on, in traffic. `old`: by what it does from now on too, or, as
   * it gets nothing new, by what it has done so far.
   */
  | {
      readonly type: "begin-comparison";
      readonly generation: number;
      readonly old: number;
      readonly oldSince: "now" | "its-start";
    }
  /** Answered by `measured`. */
  | { readonly type: "measure"; readonly generation: number }
  /** Nobody asks for a measurement any more. */
  | { readonly type: "end-comparison"; readonly generation: number }
  /**
   * Run the operator's command, which says yes or no to a generation; answered by `verified`.
   * `timeoutMs`: how long it may take.
   */
  | {
      readonly type: "verify";
      readonly generation: number;
      readonly stage: VerifyStage;
      readonly timeoutMs: number;
    }
  /** Nobody waits for the command's answer any more: end it. */
  | { readonly type: "end-verify"; readonly generation: number }
  /** The worker is idle: end it. */
  | { readonly type: "stop"; readonly worker: number }
  /**
   * The deadline has come: answer 503 to pending requests, close, exit; answered by
   * `worker-forced`.
   */
  | { readonly type: "force"; readonly worker: number }
  | { readonly type: "kill"; readonly worker: number }
  /** Log what serves from now on: which app, with which version of pounce. */
  | {
      readonly type: "tell-serving";
      readonly generation: number;
      readonly app: string;
      readonly workers: number;
    }
  /** From now on every worker's health check answers 503, or 200 again. */
  | { readonly type: "health"; readonly draining: boolean }
  /** The single answer to a command. */
  | ({ readonly type: "answer"; readonly id: number } & Answer)
  /** Start the binary on disk; answered by `successor-started` or `successor-not-started`. */
  | { readonly type: "start-successor" }
  /** Offer the server to the successor, with everything that it needs to make its own plans. */
  | { readonly type: "offer"; readonly protocol: number; readonly inventory: Inventory }
  /** Ask the successor to end; answered by `successor-exited`, and by `successor-gone`. */
  | { readonly type: "stop-successor" }
  /** Kill the successor and all processes that it has started; answered in the same way. */
  | { readonly type: "kill-successor" }
  /** The successor is gone: release what was kept for it. */
  | { readonly type: "forget-successor" }
  /**
   * Leave the server to the successor, and relay messages between it and the workers until
   * `relay-ended`. `ended`: workers that have exited. `full`: those that have no room for more
   * connections; `stalled`: those that do not get on; left out: none. `reload`: who has asked for a
   * reload.
   */
  | {
      readonly type: "grant";
      readonly ended: readonly number[];
      readonly full?: readonly number[];
      readonly stalled?: readonly number[];
      readonly reload: string | undefined;
      /** Left out: there never was a leader. */
      readonly leadership?: Leadership;
    }
  /** Tell the predecessor that this master is ready; answered by `takeover-granted`. */
  | { readonly type: "claim" }
  /** From now on the server is this master's. `addresses`: where it listens. */
  | { readonly type: "taken-over"; readonly addresses: readonly string[] }
  | { readonly type: "exit"; readonly code: 0 | 1 }
  | Report;

export type EffectOf<T extends Effect["type"]> = Extract<Effect, { readonly type: T }>;
