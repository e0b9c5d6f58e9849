// The part of the configuration that decisions depend on. Durations are in milliseconds.

/**
 * What to do when the app throws outside a request and does not catch it: start a new worker, then
 * drain this one; end the worker at once, as Bun does; only log it.
 */
export const UNCAUGHT = ["recycle", "exit", "log"] as const;
export type Uncaught = (typeof UNCAUGHT)[number];

/** What happens after crashes. */
export interface RespawnSettings {
  /** How many crashes within `windowMs` spend the crash budget. */
  readonly maxCrashes: number;
  readonly windowMs: number;
  /** The first wait; it doubles with each crash in the window, up to `backoffMaxMs`. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  readonly uncaught: Uncaught;
}

/**
 * Which worker gets a connection: any; or the one in the slot that the client's address decides.
 */
export const AFFINITIES = ["none", "client"] as const;
export type Affinity = (typeof AFFINITIES)[number];

/** When a worker that is well is replaced nevertheless. 0: never for that. */
export interface RecycleSettings {
  /** After so many requests, */
  readonly maxRequests: number;
  /** and up to so many more, so that not all workers have had them at the same time. */
  readonly maxRequestsJitter: number;
  /** At so much resident memory. */
  readonly maxRssBytes: number;
  readonly maxLifetimeMs: number;
}

/** Why one is, by the limit that it has reached. */
export type Wear = "requests" | "rss" | "lifetime";

/** What a client may do to a worker. */
export interface LimitSettings {
  /** The largest body of a request; the app's own `maxRequestBodySize` wins. */
  readonly maxRequestBytes: number;
  /** Of one worker. 0: no limit. */
  readonly maxConnections: number;
  /** Bytes per second that an upload must have on average. 0: none. */
  readonly minUploadRate: number;
  /** For the head of each request on a connection. */
  readonly headerTimeoutMs: number;
}

/**
 * How a new generation takes over: beside the old one, all workers at once; a few workers at a
 * time; or after the old one has ended.
 */
export const STRATEGIES = ["all", "rolling", "restart"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** How a new generation is tried, and what makes it bad. */
export interface RolloutSettings {
  readonly strategy: Strategy;
  /** With `rolling`: how many workers there may be above the wanted number. */
  readonly maxSurge: number;
  /** The share of new connections that the new generation gets at first, from 0 to 1. 0: none. */
  readonly canaryShare: number;
  readonly canaryMs: number;
  /** How long the old generation stays in standby. 0: it drains at once. */
  readonly bakeMs: number;
  /**
   * The highest share of failed requests: of all, from 0 to 1, or a multiple of the old
   * generation's share.
   */
  readonly maxErrorRate: number | { readonly timesOld: number };
  /** The highest p99 of the time to answer, as a multiple of the old generation's. 0: any. */
  readonly maxLatencyRatio: number;
  /** Below this many requests of the new generation nothing is judged. */
  readonly minRequests: number;
  /** Whether a command has a say, too. */
  readonly hasVerify: boolean;
  /** How long that may take, each time. */
  readonly verifyTimeoutMs: number;
}

/**
 * What becomes of WebSockets at a reload, and whom what they publish reaches. What is left out is
 * as Bun has it, or with code 1012.
 */
export interface WebSocketSettings {
  /** They move to workers of the new generation. Left out: they are closed. */
  readonly onReload?: "carry";
  /** What they are closed with, unless the server stops; see farewell.ts. Left out: 1012. */
  readonly closeCode?: number;
  /**
   * `server`: WebSockets of all workers of this server. Else the URL of a Redis: those of all
   * servers that name it. Left out: those of the worker that publishes.
   */
  readonly publish?: string;
}

/** Whether workers have links to each other, see rules/links.ts. */
export function wantsLinks({ onReload, publish }: WebSocketSettings = {}): boolean {
  return onReload === "carry" || publish !== undefined;
}

export interface Settings {
  /** The app as the user wrote it, for messages. */
  readonly appLabel: string;
  readonly workers: number;
  readonly reloadTimeoutMs: number;
  readonly startupTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly shutdownDelayMs: number;
  /** Generations that may drain at the same time; at this number the next reload waits. */
  readonly maxDraining: number;
  /**
   * It serves the person who writes the app: a start that fails waits for the next reload,
   * a reload that would wait for a drain ends the oldest one, and the connection that a browser
   * keeps is closed, so that what it asks for next is answered by the new version. A version that
   * hangs while it loads is given up soon after the next request for a reload. Left out: no.
   */
  readonly isDev?: boolean;
  /** Whether it is served over TLS, which messages say. Left out: no. */
  readonly isSecure?: boolean;
  readonly respawn: RespawnSettings;
  /** How long a worker may make no progress. 0, or left out: any time. */
  readonly hangTimeoutMs?: number;
  /** Left out: no worker is replaced that is well. */
  readonly recycle?: RecycleSettings;
  /** Left out: none. */
  readonly affinity?: Affinity;
  /** Left out: a new generation takes over as soon as it is ready. */
  readonly rollout?: RolloutSettings;
  /** Left out: all of it is. */
  readonly websocket?: WebSocketSettings;
}

/**
 * A worker younger than this is not replaced for its memory: if it has that much from the start,
 * the next one would have it, too.
 */
export const LEAST_AGE_MS = 10_000;

/** How long a version may still load once it is outdated, see `Settings.isDev`. */
export const OUTDATED_LOAD_MS = 1000;

/** How long reading and checking a configuration may take, which includes looking up host names. */
export const CONFIG_TIMEOUT_MS = 30_000;

/**
 * How long a listener that gets no new connections stays open. A handshake that is in progress when
 * steering changes ends within this time, including its one retransmission after a second.
 */
export const LINGER_MS = 1200;

/**
 * How long a listener that drops new handshakes serves its queue before it is released, on the
 * careful path. A client repeats a dropped handshake after a second: by then it should find another
 * listener, but not the same one again. Where listeners defer accept, or did so until the kernel
 * refused steering, `LINGER_MS` is the time: a silent connection is accepted only after a second.
 */
export const QUIET_MS = 900;

/** How long a worker that was asked to end may take before the master kills it. */
export const KILL_GRACE_MS = 1000;

/** How long one worker may hold the bind lock. Binding takes about a millisecond. */
export const BIND_TIMEOUT_MS = 5000;

/** How long a failed successor may take to end, and its processes after a kill. */
export const SUCCESSOR_GRACE_MS = 2000;

/** How long a worker may lead without having asked for more time. It asks three times in that. */
export const LEASE_MS = 1500;

/** How long after the end of a lease another worker may lead: timers are late at times. */
export const LEASE_MARGIN_MS = 200;

export const LONGEST_DRAIN_MS = 3_600_000;

/**
 * Where one worker listens at a time: how long one that drains may take to release its listeners,
 * for which others wait. It does so at once, unless its event loop is blocked.
 */
export const RELEASE_TIMEOUT_MS = 2000;
