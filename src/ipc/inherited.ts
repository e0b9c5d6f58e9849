// The descriptors, besides 0, 1 and 2, that a process of ours finds open when its master starts it.

/** Passes listeners: a worker sends its own, a successor receives all there are. */
export const LISTENER_CHANNEL = 3;

/** The page that a worker counts in, unless it is a named file. */
export const PAGE = 4;

/** The server's stdout. It is not the worker's own stdout if output is captured. */
export const SERVER_STDOUT = 5;

/** A worker's end of the channel for messages, see channel.ts. */
export const WORKER_CHANNEL = 6;

/** The end of a client of `pounce prove` of the channel for messages: it gets no other. */
export const CLIENT_CHANNEL = 3;
