// Everything that can happen to the server, as seen by the control loop. Shells turn signals, IPC
// messages, exits and the timer into these; nothing else reaches the core.

import type { Effect } from "./effects.ts";
import type { Settings } from "./settings.ts";

/** How a stop is asked for: TERM, INT, or QUIT and a second INT. */
export type StopMode = "graceful" | "impatient" | "now";

/** When a reload command is answered: the new generation is steered to, or the old one has gone. */
export type Until = "steered" | "ended";

/** What a worker was still doing when its deadline came. Ages in milliseconds. */
export interface Unfinished {
  readonly connections: number;
  readonly inFlight: number;
  readonly oldest:
    { readonly method: string; readonly path: string; readonly ageMs: number } | undefined;
}

/** Who watches this process, as far as that can be told. */
export interface Supervision {
  readonly pid: number;
  /** The name of the parent process; `undefined` when it cannot be told. */
  readonly parent: string | undefined;
  /** Whether the parent is process 1. */
  readonly isParentFirst: boolean;
  /** Whether supervisord has started this process, or the one that did. */
  readonly isUnderSupervisord: boolean;
  /** Whether systemd has started this process as the main one of a service. */
  readonly isServiceOfSystemd: boolean;
  /** Whether a service manager can be told which process to follow. */
  readonly canNotify: boolean;
}

/**
 * What somebody asks for. `by`: who, for the log: a signal, or a command. `id`: a command waits for
 * the one `answer` to it; left out: nobody waits.
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
  /** A number of workers to have until the next reload, or one more or fewer than there are. */
  | {
      readonly type: "scale-requested";
      readonly to: number | "one-more" | "one-fewer";
      readonly by: string;
      readonly id?: number;
    }
  /** Health is to answer 503 for a time, while all is served on. */
  | { readonly type: "drain-requested"; readonly forMs: number; readonly id: number };

export type Event =
  | { readonly type: "tick" }
  | RequestEvent
  /** The terminal that the server was started from is gone: a SIGHUP that asks for no reload. */
  | { readonly type: "terminal-closed" }
  /** Start the binary on disk, and hand the server over to it. */
  | {
      readonly type: "handover-requested";
      readonly by: string;
      readonly supervision: Supervision;
    }
  | { readonly type: "successor-started"; readonly pid: number }
  | { readonly type: "successor-not-started"; readonly reason: string }
  /** It asks to be offered the server. `protocols`: those that it speaks. */
  | { readonly type: "successor-said-hello"; readonly protocols: readonly number[] }
  /** It has used this number for a worker. */
  | { readonly type: "successor-spawned"; readonly number: number }
  /** It is ready to serve. */
  | { readonly type: "successor-claimed" }
  /** It says that it cannot start, or could not be given what it needs. */
  | { readonly type: "successor-failed"; readonly reason: string }
  /** @property how `exit code 1` or `signal SIGKILL` */
  | { readonly type: "successor-exited"; readonly how: string }
  /** It and every process that it has started have ended. */
  | { readonly type: "successor-gone" }
  /** All workers have ended whose messages were passed on since the grant. */
  | { readonly type: "relay-ended" }
  /**
   * The predecessor leaves the server to this master. `reload`: who asked for one in the meantime.
   * `ended`: its workers that have crashed in the meantime, which it has told of.
   */
  | {
      readonly type: "takeover-granted";
      readonly reload: string | undefined;
      readonly ended: readonly number[];
    }
  /**
   * The predecessor, process `pid`, has ended, before the grant or after it. `workers`: its own,
   * which end by themselves. `ended`: those of them that had before it offered them.
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
  | { readonly type: "steering-refused"; readonly reason: string }
  /** The kernel, which had refused steering, has taken a program. */
  | { readonly type: "steering-works" }
  /** An effect could not be performed, or not all of it: what follows is in effect-failed.ts. */
  | { readonly type: "effect-failed"; readonly effect: Effect; readonly reason: string }
  /** The listener takes new connections still: the kernel does not let it drop them. */
  | { readonly type: "quiet-refused"; readonly worker: number; readonly address: string }
  /** New connections come to the listeners of `address` still. */
  | { readonly type: "divert-refused"; readonly address: string }
  /** Of which version of pounce it is, and which file that was started from. */
  | {
      readonly type: "worker-started";
      readonly worker: number;
      readonly version: string | undefined;
      readonly executable: string;
    }
  /** `notes`: what the app should know, to be told once for all workers. Left out: nothing. */
  | {
      readonly type: "worker-loaded";
      readonly worker: number;
      readonly notes?: readonly string[];
    }
  | {
      readonly type: "worker-bound";
      readonly worker: number;
      readonly addresses: readonly string[];
    }
  | { readonly type: "worker-ready"; readonly worker: number }
  | { readonly type: "worker-failed"; readonly worker: number; readonly reason: string }
  /** The app threw outside a request while its worker was ready; the log has the error. */
  | { readonly type: "worker-uncaught"; readonly worker: number; readonly error: string }
  /** `needsTime`: at its end the app does something about signals, see `stopWorker`. */
  | { readonly type: "worker-idle"; readonly worker: number; readonly needsTime?: boolean }
  | { readonly type: "listener-released"; readonly worker: number; readonly address: string }
  | { readonly type: "worker-forced"; readonly worker: number; readonly unfinished: Unfinished }
  | { readonly type: "worker-exited"; readonly worker: number; readonly how: string };

/** An event that a worker causes. */
export type WorkerEvent = Exclude<
  Extract<Event, { readonly worker: number }>,
  { readonly type: "quiet-refused" }
>;

export type EventOf<T extends Event["type"]> = Extract<Event, { readonly type: T }>;
