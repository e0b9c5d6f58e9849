// What a process of ours finds open when its master starts it, besides 0, 1 and 2, by descriptor.

/**
 * Listeners are passed over it: a worker sends its own, a successor receives all that there are.
 */
export const LISTENER_CHANNEL = 3;

/** The page that a worker counts in, unless that is a file with a name. */
export const PAGE = 4;

/** The server's stdout, which is not a worker's own where its output is captured. */
export const SERVER_STDOUT = 5;

/** A worker's end of the channel for messages, see channel.ts. */
export const WORKER_CHANNEL = 6;
