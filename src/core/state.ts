// What the control loop knows: generations, workers, accept groups, and what is in progress.

import type { AppPlace } from "./app-place.ts";
import type { Members, Program, Steering } from "./moves/accept-group.ts";
import type { StopMode, Until } from "./events.ts";
import type { Respawn } from "./crash-history.ts";
import type { Bake, Rollout } from "./rollout-state.ts";
import type { Verdict } from "./verdict.ts";
import type { Settings, Wear } from "./settings.ts";

/**
 * Where a worker is in its life. Times are absolute milliseconds on the clock that is passed to
 * `step`. A phase holds only what is true in it, and the phase that waits holds the wait's
 * deadline.
 */
export type Phase =
  | { readonly name: "spawning"; readonly deadlineMs: number }
  | { readonly name: "loading"; readonly deadlineMs: number }
  /**
   * The app is loaded; the worker waits for the bind lock, binds, and is about to say that it is
   * ready.
   */
  | { readonly name: "binding"; readonly deadlineMs: number }
  /**
   * `recycle`: its app has thrown, or it is worn. It is to be replaced, or keeps serving because
   * the crash budget is spent, or nobody can be started who runs the same code.
   */
  | { readonly name: "ready"; readonly recycle?: "wanted" | "put-off" }
  /** It could serve again at once, and gets no new connections meanwhile. */
  | { readonly name: "standby" }
  | {
      readonly name: "draining";
      readonly deadlineMs: number;
      readonly timeoutMs: number;
      /** Left out: no. */
      readonly hasServed?: boolean;
    }
  /** Asked to end, and killed at the deadline. `forced` if its drain had not finished in time. */
  | {
      readonly name: "stopping";
      readonly deadlineMs: number;
      readonly killed: boolean;
      readonly forced: Forced | undefined;
    }
  /** Its previous master has died: it ends without one, and is killed at the deadline. */
  | { readonly name: "orphaned"; readonly deadlineMs: number; readonly timeoutMs: number }
  /** `hasDrained`: its listeners' queues are empty. Left out: no. */
  | { readonly name: "exited"; readonly hasDrained?: boolean };

/** A worker stopped by force: its timeout, and whether the log has said so. */
export interface Forced {
  readonly timeoutMs: number;
  readonly told: boolean;
}

/** Why a worker is to be replaced that is well. */
export interface Worn {
  readonly why: Wear;
  readonly words: string;
}

/** A worker's part in one accept group. */
export type Listener =
  | { readonly name: "open" }
  /** Drops new handshakes while its queue is served. */
  | { readonly name: "quiet"; readonly releaseAtMs: number }
  /** A worker that keeps serving was asked to release it, so that the next one can listen. */
  | { readonly name: "yielding"; readonly deadlineMs: number }
  /** `deadlineMs`: until when it has to, as another worker waits; left out: until it ends. */
  | { readonly name: "releasing"; readonly deadlineMs?: number }
  | { readonly name: "released" };

export interface Worker {
  readonly id: number;
  readonly generation: number;
  readonly slot: number;
  readonly phase: Phase;
  /** By address. */
  readonly listeners: ReadonlyMap<string, Listener>;
  /** It lets go of its connections, one after another, see rules/spread.ts. Left out: no. */
  readonly isSpreading?: true;
  /** It has got its links to those that were there when it had loaded its app. Left out: no. */
  readonly isLinked?: true;
  /** Whom it hands its WebSockets over to. Left out: it closes them, or does not drain. */
  readonly carryTo?: readonly number[];
  /** It has as many connections as it may: others get new ones. Left out: no. */
  readonly isFull?: boolean;
  /** Its app has a use for a leader. Left out: no. */
  readonly wantsLead?: true;
  /** It was the leader, let its lease run out, and has said nothing of that. Left out: no. */
  readonly isSilent?: true;
  /** Its event loop does not turn: others get new connections. Left out: it does. */
  readonly isStalled?: boolean;
  /** It is to be replaced when nothing else is under way. Left out: it is not. */
  readonly worn?: Worn;
}

/**
 * The worker that does what is to be done once, and until when it may do so at the most. `leaving`:
 * it was told to resign. `worker`: `undefined`: one of another master that has died. See
 * rules/leader.ts.
 */
export type Leader =
  | { readonly name: "leading"; readonly worker: number; readonly freeAtMs: number }
  | { readonly name: "leaving"; readonly worker: number | undefined; readonly freeAtMs: number };

/**
 * `starting` until it takes all new connections; `standby` while the one that has replaced it is
 * still on trial; `leaving` once it was rejected, replaced or stopped.
 */
type GenerationRole = "starting" | "serving" | "standby" | "leaving";

export interface Generation {
  readonly number: number;
  readonly settings: Settings;
  readonly role: GenerationRole;
  /** Slots to fill: `settings.workers` until scaled. */
  readonly target: number;
  /** `target` before a scaling to more that is not done yet. Left out: there is none. */
  readonly scaledFrom?: number | undefined;
  /** The generation that must be gone before the reload that made this one is complete. */
  readonly replaces: number | undefined;
  /** Whether the end of that reload has yet to be reported. */
  readonly open: boolean;
  /** Where its app is. Left out: that is not known yet, or it is in no file of its own. */
  readonly place?: AppPlace | undefined;
  /** Why its app does not load: an error page serves in its place. Left out: it loads. */
  readonly failure?: string;
  /**
   * Files that are no longer what it was loaded from: it can get no new worker, which would run
   * other code under its number. Left out: none, as far as is known.
   */
  readonly outdated?: readonly string[] | undefined;
  /** Another master has loaded it: this one does not know from what. Left out: no. */
  readonly isForeign?: true;
  /** Since when nobody takes new connections, as one starts after the other. Left out: somebody. */
  readonly gapSinceMs?: number | undefined;
  /** For how long nobody took new connections until it did. Left out: there was no such time. */
  readonly gapMs?: number;
  /** How it stood its trial; left out: it has had none, or not to its end. */
  readonly verdict?: Verdict;
  /** It takes over as soon as it is ready, whatever its settings say. Left out: it is tried. */
  readonly isUntried?: true;
  /** Why it goes though it had clients: its reload ends when its workers have. Left out: no. */
  readonly undone?: string;
}

export interface AcceptGroup {
  readonly members: Members;
  /**
   * The program in force, as far as this master knows: `unknown` if its predecessor steers the
   * group.
   */
  readonly program: Program | "unknown";
  /**
   * Whether new connections should go nowhere once no worker takes any, because a listener cannot
   * be made to drop them. `in-force`: they go nowhere. Left out: they go where `program` says.
   */
  readonly diversion?: "called-for" | "in-force" | "refused";
  /**
   * In the gap between two generations: the member whose listener drops new handshakes. It gets all
   * of them until somebody is to serve, whoever else listens by then. Left out: none.
   */
  readonly bridge?: number | undefined;
}

/** The progress of a stop of the whole server. */
type Stop =
  | { readonly name: "none" }
  | {
      readonly name: "announced";
      readonly drainAtMs: number;
      readonly mode: "graceful" | "impatient";
    }
  /** Waits for the end of a successor: until then no listener may leave its group. */
  | { readonly name: "waiting"; readonly mode: "graceful" | "impatient" }
  | { readonly name: "draining"; readonly mode: StopMode };

/** The bind lock: while a worker holds it, no other listener is added and none is closed. */
interface BindLock {
  readonly worker: number;
  readonly deadlineMs: number;
}

/** This master's relation to its predecessor or its successor. See rules/handover.ts. */
export type Succession =
  /** The server belongs to this master, and nobody is about to take it over. */
  | { readonly name: "none" }
  /** A handover starts when what is in progress has ended. */
  | { readonly name: "wanted"; readonly by: string }
  /**
   * The successor was started, and should say hello. `generation`: the number that it will use.
   * `pid`: once there is a process.
   */
  | {
      readonly name: "starting";
      readonly generation: number;
      readonly pid: number | undefined;
      readonly deadlineMs: number;
    }
  /** The successor was offered the server, and should claim it. */
  | { readonly name: "offered"; readonly pid: number; readonly deadlineMs: number }
  /** The successor is being ended with all its processes, see rules/handover-end.ts. */
  | {
      readonly name: "aborting";
      readonly step: "asked" | "finishing" | "killed";
      readonly reason: string;
      readonly deadlineMs: number;
    }
  /** The server belongs to the successor: nothing is decided here any more. */
  | { readonly name: "granted"; readonly pid: number }
  /** The server belongs to the predecessor, and this master's workers are starting. */
  | { readonly name: "pending" }
  /**
   * This master's workers are ready, and it has asked for the server. There is no deadline, because
   * the predecessor decides, and may have granted already. If it ends, this master sees that.
   */
  | { readonly name: "claimed" }
  /** This master could not take over, and ends. */
  | { readonly name: "failed" };

/**
 * A command that waits for its answer: until a deadline, or the end of a reload or of the server.
 */
export type Command =
  /** `generation`: the one that this reload makes; `undefined` until it starts. */
  | {
      readonly name: "reload";
      readonly until: Until;
      readonly generation: number | undefined;
    }
  /** `generation`: the one that was scaled. */
  | {
      readonly name: "scale";
      readonly generation: number;
      readonly sinceMs: number;
      readonly deadlineMs: number;
    }
  /** Health answers 503 until the deadline. */
  | { readonly name: "drain"; readonly deadlineMs: number }
  | { readonly name: "stop" };

/** How workers get the server's addresses, which depends on the system: see the folder sharing. */
type SharingState =
  /** The listeners of all workers share them. */
  | {
      readonly name: "kernel";
      readonly steering: Steering;
      /** When it was: until then listeners deferred accept. Left out: long ago, or never. */
      readonly refusedAtMs?: number;
    }
  /** Each address has at most one listener. */
  | {
      readonly name: "solo";
      /** The generation for which the serving worker last released its listeners. */
      readonly yieldedTo: number | undefined;
      /** Since when nobody has listened; `undefined`: somebody does. */
      readonly gapSinceMs: number | undefined;
    };

export interface State {
  readonly settings: Settings;
  /** The version of pounce that this master is, and that its workers must be. */
  readonly version: string;
  /** The generation that takes new connections, once there is one. */
  readonly serving: number | undefined;
  readonly generations: ReadonlyMap<number, Generation>;
  readonly workers: ReadonlyMap<number, Worker>;
  readonly groups: ReadonlyMap<string, AcceptGroup>;
  readonly bindLock: BindLock | undefined;
  readonly rollout: Rollout;
  /** `undefined`: no generation is in standby. */
  readonly bake: Bake | undefined;
  /** `undefined`: nobody leads, and another worker may. */
  readonly leader: Leader | undefined;
  readonly stop: Stop;
  readonly succession: Succession;
  readonly respawn: Respawn;
  /** By id. */
  readonly commands: ReadonlyMap<number, Command>;
  /** What every worker's health check answers: 503, or 200. */
  readonly healthIsDraining: boolean;
  /** Who asked for a reload that has not started; `undefined`: nobody. */
  readonly reloadWantedBy: string | undefined;
  /** The start has failed, and the next reload is the next start: see `Settings.isDev`. */
  readonly startsAtReload: boolean;
  readonly sharing: SharingState;
  /** The addresses that the log named last. */
  readonly announced: readonly string[];
  readonly nextGeneration: number;
  readonly nextWorker: number;
  /** The exit code of the process: 1 if the start failed. */
  readonly exitCode: 0 | 1;
  /** `exit` was requested; nothing happens afterwards. */
  readonly exited: boolean;
}

/** A server that has not started: the first `tick` starts generation 0. */
export function initialState(
  settings: Settings,
  version: string,
  sharing: SharingState["name"] = "kernel",
): State {
  return {
    settings,
    version,
    serving: undefined,
    generations: new Map(),
    workers: new Map(),
    groups: new Map(),
    bindLock: undefined,
    rollout: { name: "none" },
    bake: undefined,
    leader: undefined,
    stop: { name: "none" },
    succession: { name: "none" },
    respawn: { crashesMs: [], notBeforeMs: 0 },
    commands: new Map(),
    healthIsDraining: false,
    reloadWantedBy: undefined,
    startsAtReload: false,
    sharing:
      sharing === "kernel"
        ? { name: sharing, steering: "kernel" }
        : { name: sharing, yieldedTo: undefined, gapSinceMs: undefined },
    announced: [],
    nextGeneration: 0,
    nextWorker: 0,
    exitCode: 0,
    exited: false,
  };
}
