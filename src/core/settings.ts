// The part of the configuration that decisions depend on. Durations in milliseconds.

/**
 * What an error does that the app throws outside a request and does not catch: a new worker, then
 * this one drains; the worker ends at once, as in Bun; only the log tells.
 */
export const UNCAUGHT = ["recycle", "exit", "log"] as const;
export type Uncaught = (typeof UNCAUGHT)[number];

/** How crashes are answered. */
export interface RespawnSettings {
  /** Crashes within `windowMs` that spend the crash budget. */
  readonly maxCrashes: number;
  readonly windowMs: number;
  /** The first wait; it doubles with each crash in the window, up to `backoffMaxMs`. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  readonly uncaught: Uncaught;
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
  readonly respawn: RespawnSettings;
}

/**
 * How long a configuration may take to be read and checked: the name of a host is looked up for it.
 */
export const CONFIG_TIMEOUT_MS = 30_000;

/**
 * How long a listener that gets no new connections stays open. A handshake that is in progress when
 * steering changes ends within this time, its one retransmission after a second included.
 */
export const LINGER_MS = 1200;

/**
 * How long a listener that drops new handshakes serves its queue before it is let go, where there
 * is nobody to steer to. Less than the second after which a client repeats a handshake that was
 * dropped: by then it is to find another listener, or none, and not the same one again.
 */
export const QUIET_MS = 900;

/** How long a worker that was told to end may take before the master kills it. */
export const KILL_GRACE_MS = 1000;

/** How long one worker may hold the bind lock. Binding takes about a millisecond. */
export const BIND_TIMEOUT_MS = 5000;

/** How long a successor that is not to be may take to end, and its processes after a kill. */
export const SUCCESSOR_GRACE_MS = 2000;

/** The longest `drain` command. */
export const LONGEST_DRAIN_MS = 3_600_000;
