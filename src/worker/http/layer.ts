// The handler of a request, and what can go around each one of a worker.

/**
 * Answers a request, as Bun calls it. `undefined` stands for a connection that was upgraded.
 */
export type Fetch = (
  request: Request,
  server: Bun.Server<unknown>,
) => Response | undefined | Promise<Response | undefined>;

/** Goes around every handler of a worker. */
export interface Layer {
  /** The handler, which never throws, with the layer around it. */
  wrap(handler: Fetch): Fetch;
}
