/** The descriptor of a worker's end of the channel to its master, see channel.ts. */
export const WORKER_CHANNEL = 6;
