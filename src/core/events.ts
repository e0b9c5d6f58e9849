// Everything that can happen to the server, as the control loop sees it. Shells turn signals, IPC
// messages, exits and the timer into these events; nothing else reaches the core.

import type { AppPlace } from "./app-place.ts";
import type { Effect, VerifyStage } from "./effects.ts";
import type { Leadership } from "./inventory.ts";
import type { Comparison } from "./figures.ts";
import type { Settings } from "./settings.ts";

/** How a stop was requested: by TERM, by INT, or by QUIT or a second INT. */
export type StopMode = "graceful" | "impatient" | "now";

/**
 * When a reload command is answered: once the new generation is steered to, or once the old one has
 * gone.
 */
export type Until = "steered" | "ended";

/** What a worker was still doing when its deadline came. Ages in milliseconds. */
export interface Unfinished {
  readonly connections: number;
  readonly inFlight: number;
  readonly oldest:
    { readonly method: string; readonly path: string; readonly ageMs: number } | undefined;
}

/** How worn a worker is. */
export interface Measured {
  readonly worker: number;
  /** That it has answered. */
  readonly requests: number;
  /** 0: unknown. */
  readonly rssBytes: number;
  readonly ageMs: number;
  /** From 0 to 1, drawn once for each worker. */
  readonly luck: number;
}

/** Who supervises this process, as far as we can tell. */
export interface Supervision {
  readonly pid: number;
  /** The name of the parent process; `undefined` if unknown. */
  readonly parent: string | undefined;
  /** Whether the parent is process 1. */
  readonly isParentFirst: boolean;
  /** Whether supervisord has started this process, or its predecessor. */
  readonly isUnderSupervisord: boolean;
  /** Whether systemd has started this process as the main process of a service. */
  readonly isServiceOfSystemd: boolean;
  /** Whether a service manager can be told which process to follow. */
  readonly canNotify: boolean;
}

/**
 * A request. `by`: who made it, for the log: a signal or a command. `id`: a command waits for the
 * single `answer` with it; left out: nobody waits.
 */
export type RequestEvent =
  /** `until`: when the command is answered. Left out: `ended`. */
  | {
      readonly type: "reload-requested";
      readonly by: string;
      readonly id?: number;
      readonly until?: Until;
    }
  | {
      readonly type: "stop-requested";
      readonly mode: StopMode;
      readonly signal: string;
      readonly id?: number;
    }
  /** The number of workers to have until the next reload, or one more or fewer than now. */
  | {
      readonly type: "scale-requested";
      readonly to: number | "one-more" | "one-fewer";
      readonly by: string;
      readonly id?: number;
    }
  /** The generation in standby should serve again, or a canary end. */
  | { readonly type: "rollback-requested"; readonly by: string; readonly id?: number }
  /** Health should answer 503 for a time, while everything is still served. */
  | { readonly type: "drain-requested"; readonly forMs: number; readonly id: number };

export type Event =
  | { readonly type: "tick" }
  | RequestEvent
  /**
   * The terminal that the server was started from is gone: this SIGHUP does not ask for a reload.
   */
  | { readonly type: "terminal-closed" }
  /** Start the binary on disk, and hand the server over to it. */
  | {
      readonly type: "handover-requested";
      readonly by: string;
      readonly supervision: Supervision;
    }
  | { readonly type: "successor-started"; readonly pid: number }
  | { readonly type: "successor-not-started"; readonly reason: string }
  /** The successor asks for an offer. `protocols`: those that it speaks. */
  | { readonly type: "successor-said-hello"; readonly protocols: readonly number[] }
  /** The successor has used this number for a worker. */
  | { readonly type: "successor-spawned"; readonly number: number }
  /** The successor is ready to serve. */
  | { readonly type: "successor-claimed" }
  /** The successor says that it cannot start, or could not be given what it needs. */
  | { readonly type: "successor-failed"; readonly reason: string }
  /** @property how `exit code 1` or `signal SIGKILL` */
  | { readonly type: "successor-exited"; readonly how: string }
  /** The successor and every process that it has started have ended. */
  | { readonly type: "successor-gone" }
  /** All workers whose messages were relayed since the grant have ended. */
  | { readonly type: "relay-ended" }
  /**
   * The predecessor leaves the server to this master. `reload`: who asked for a reload in the
   * meantime. `ended`: its workers that have crashed in the meantime, as it reports. `full`: those
   * of them that have no room for more connections; `stalled`: those that do not get on; left out:
   * none.
   */
  | {
      readonly type: "takeover-granted";
      readonly reload: string | undefined;
      readonly ended: readonly number[];
      readonly full?: readonly number[];
      readonly stalled?: readonly number[];
      /** Left out: there never was a leader. */
      readonly leadership?: Leadership | undefined;
    }
  /**
   * The predecessor, process `pid`, has ended, before or after the grant. `workers`: its own, which
   * end without a master. `ended`: those that had ended before it could offer them.
   */
  | {
      readonly type: "predecessor-ended";
      readonly pid: number;
      readonly workers: readonly number[];
      readonly ended: readonly number[];
    }
  | {
      readonly type: "config-loaded";
      readonly generation: number;
      readonly settings: Settings;
      readonly warnings: readonly string[];
    }
  | { readonly type: "config-rejected"; readonly generation: number; readonly reason: string }
  /** `problem`: what is wrong with it; undefined: nothing. `generation`: as in `check-config`. */
  | {
      readonly type: "config-checked";
      readonly generation: number;
      readonly problem: string | undefined;
    }
  /** Comes once a second where a limit is set that a worker may reach. */
  | { readonly type: "workers-measured"; readonly workers: readonly Measured[] }
  /** `comparison`: undefined: nothing could be measured. */
  | {
      readonly type: "measured";
      readonly generation: number;
      readonly comparison: Comparison | undefined;
    }
  /**
   * The operator's command has said yes; or no, or nothing, for this reason. `lost`: the worker
   * that it asked has ended before.
   */
  | {
      readonly type: "verified";
      readonly generation: number;
      readonly stage: VerifyStage;
      readonly problem: string | undefined;
      readonly lost?: number;
    }
  /** These files are not what the generation was loaded from; none: all are. */
  | {
      readonly type: "files-looked-at";
      readonly generation: number;
      readonly changed: readonly string[];
    }
  | { readonly type: "steering-refused"; readonly reason: string }
  /** The kernel, which had refused to steer, has accepted a program. */
  | { readonly type: "steering-works" }
  /** An effect, or a part of it, could not be performed: effect-failed.ts says what follows. */
  | { readonly type: "effect-failed"; readonly effect: Effect; readonly reason: string }
  /** The listener still takes new connections: the kernel does not let it drop them. */
  | { readonly type: "quiet-refused"; readonly worker: number; readonly address: string }
  /** New connections still come to the listeners of `address`. */
  | { readonly type: "divert-refused"; readonly address: string }
  /** The worker's version of pounce, and the file that it was started from. */
  | {
      readonly type: "worker-started";
      readonly worker: number;
      readonly version: string | undefined;
      readonly executable: string;
    }
  /**
   * `notes`: warnings about the app, logged once for all workers; `remarks`: what else is to be
   * known of it. Left out: none. `failure`: why the app does not load, where an error page serves
   * in its place.
   */
  | {
      readonly type: "worker-loaded";
      readonly worker: number;
      readonly notes?: readonly string[];
      readonly remarks?: readonly string[] | undefined;
      readonly failure?: string | undefined;
      /** Its app has a use for a leader. Left out: no. */
      readonly wantsLead?: boolean | undefined;
      /** Where its app is. Left out: in no file of its own. */
      readonly place?: AppPlace | undefined;
    }
  | {
      readonly type: "worker-bound";
      readonly worker: number;
      readonly addresses: readonly string[];
    }
  | { readonly type: "worker-ready"; readonly worker: number }
  | { readonly type: "worker-failed"; readonly worker: number; readonly reason: string }
  /** It has not loaded its app, because these files are not what its generation was loaded from. */
  | {
      readonly type: "worker-outdated";
      readonly worker: number;
      readonly files: readonly string[];
    }
  /** It says what is no message, or can say nothing any more. */
  | { readonly type: "worker-broken"; readonly worker: number; readonly reason: string }
  /**
   * The app threw outside a request while its worker was ready; the log has the errors. `error`:
   * the last one. `times`: since the last such event; left out: once.
   */
  | {
      readonly type: "worker-uncaught";
      readonly worker: number;
      readonly error: string;
      readonly times?: number;
    }
  /** Whether it has as many connections as it may (`limits.max_connections`). */
  | { readonly type: "worker-full"; readonly worker: number; readonly isFull: boolean }
  /** The leader is alive, and wants to go on. */
  | { readonly type: "lease-wanted"; readonly worker: number }
  /** The worker has stopped what it did as the leader. Said once for each `lead`. */
  | { readonly type: "leader-resigned"; readonly worker: number }
  /**
   * Its event loop has not turned for so long, and it has answered nothing meanwhile. `doing`: what
   * the kernel says that it does. Comes again and again until it gets on, or ends.
   */
  | {
      readonly type: "worker-stalled";
      readonly worker: number;
      readonly forMs: number;
      readonly doing: string | undefined;
    }
  /** It had stalled, and gets on. */
  | { readonly type: "worker-got-on"; readonly worker: number }
  /** `needsTime`: the app handles signals when it ends, see `stopWorker`. */
  | { readonly type: "worker-idle"; readonly worker: number; readonly needsTime?: boolean }
  | { readonly type: "listener-released"; readonly worker: number; readonly address: string }
  | { readonly type: "worker-forced"; readonly worker: number; readonly unfinished: Unfinished }
  | { readonly type: "worker-exited"; readonly worker: number; readonly how: string };

export type WorkerEvent = Exclude<
  Extract<Event, { readonly worker: number }>,
  { readonly type: "quiet-refused" }
>;

export type EventOf<T extends Event["type"]> = Extract<Event, { readonly type: T }>;
